"""What `albc COMMAND --help` shows to copy: a few lines of each command, with what they are for.

A test parses every line with the command's own parser.
"""

from collections.abc import Mapping

LINES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "run": (
        (
            "From a laptop, with the AWS credentials of the environment",
            "albc run --cluster-name prod --aws-region us-west-2 --aws-vpc-id vpc-01234567",
        ),
        ("Switch off what is on by default", "albc run --cluster-name prod --enable-shield=false"),
        ("Flags from a file", "albc run --config albc.yaml"),
    ),
    "plan": (
        ("What the controller would do now, and why", "albc plan --cluster-name prod -o diff"),
        ("What a file asks for, in a cluster that holds nothing else", "albc plan --cluster-name prod -f web.yaml"),
        ("The same, with recorded answers of AWS", "albc plan --cluster-name prod -f web.yaml --facts facts.json"),
        ("In a script: exit status 2 for changes, 1 for problems", "albc plan --cluster-name prod --detailed-exitcode"),
    ),
    "preflight": (
        ("With the flags of the controller that runs now", "albc preflight"),
        ("With flags of your own, for machines", "albc preflight --cluster-name prod -o json"),
    ),
    "demo": (
        ("Stay up, to look around with kubectl, curl and the AWS CLI", "albc demo"),
        ("Show everything and end", "albc demo --once"),
    ),
    "local up": (
        ("Any free ports", "albc local up"),
        ("Ports and a kubeconfig that stay the same", "albc local up --aws-port 4566 --kubeconfig ./kubeconfig"),
    ),
    "local aws": (
        ("At a known address", "albc local aws --port 4566"),
        ("The third listener is refused", "albc local aws --quotas listeners-per-load-balancer=2"),
        ("The first two rules fail", "albc local aws --fault throttle,operation=CreateRule,times=2"),
    ),
    "local calls": (("What was written, and how it ended", "albc local calls --writes"),),
    "local fault": (
        ("The API server is away for five seconds", "albc local fault restart --down 5"),
        ("AWS throttles the next call", "albc local fault aws throttle"),
        ("Everything works again", "albc local fault clear; albc local fault aws clear"),
    ),
    "local fault restart": (("Away for five seconds", "albc local fault restart --down 5"),),
    "local fault throttle": (("The next 20 requests", "albc local fault throttle 20"),),
    "local fault slow": (("Half a second", "albc local fault slow 0.5"),),
    "local fault aws": (
        ("The next five reading calls", "albc local fault aws throttle --operation 'Describe*' --times 5"),
        ("A quota", "albc local fault aws error --operation CreateRule --code TooManyRules"),
        ("What is still to fail, and its end", "albc local fault aws list; albc local fault aws clear"),
    ),
}
"""Command → what for, and the line."""


def examples(command: str) -> str:
    """The end of the command's help, in Markdown."""
    lines = "\n".join(f"# {what}\n{line}" for what, line in LINES[command])
    return f"Examples:\n\n```text\n{lines}\n```"
