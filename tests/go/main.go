// Command judge holds a cluster to what client-go and controller-runtime programs rely on.
//
// It knows nothing of albc: it reads KUBECONFIG, works in the namespace named by its one argument, and prints a line
// of JSON for each behaviour: {"name": …, "fault": …}, fault being empty where the cluster behaves.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	corev1apply "k8s.io/client-go/applyconfigurations/core/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const patience = 15 * time.Second

type judge struct {
	namespace  string
	clients    *kubernetes.Clientset
	controller client.Client
}

type behaviour struct {
	name  string
	check func(*judge, context.Context) error
}

var behaviours = []behaviour{
	{"an informer sees what was there and every change after it", (*judge).informer},
	{"an informer with a label selector is told when an object leaves it", (*judge).selected},
	{"the lease goes to another candidate when the leader gives it up", (*judge).election},
	{"a stale update is a conflict that RetryOnConflict overcomes", (*judge).conflict},
	{"controller-runtime's client applies, and owns what it applied", (*judge).apply},
	{"another manager's field is a conflict until ownership is forced", (*judge).force},
	{"controller-runtime's client reads, lists, patches and deletes", (*judge).lifecycle},
	{"protobuf and JSON clients see the same object", (*judge).protobuf},
	{"what controller-runtime's client writes arrives whole", (*judge).whole},
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: KUBECONFIG=FILE judge NAMESPACE")
		os.Exit(2)
	}
	judge, err := connect(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	out := json.NewEncoder(os.Stdout)
	for _, each := range behaviours {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		fault := ""
		if err := each.check(judge, ctx); err != nil {
			fault = err.Error()
		}
		cancel()
		if err := out.Encode(map[string]string{"name": each.name, "fault": fault}); err != nil {
			os.Exit(1)
		}
	}
}

func connect(namespace string) (*judge, error) {
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return nil, err
	}
	config.QPS = -1
	clients, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	controller, err := client.New(config, client.Options{})
	if err != nil {
		return nil, err
	}
	return &judge{namespace, clients, controller}, nil
}

func (j *judge) configMap(name string, labels map[string]string) *corev1.ConfigMap {
	return &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: j.namespace, Labels: labels},
		Data:       map[string]string{"colour": "red"},
	}
}

func (j *judge) create(ctx context.Context, object *corev1.ConfigMap) (*corev1.ConfigMap, error) {
	return j.clients.CoreV1().ConfigMaps(j.namespace).Create(ctx, object, metav1.CreateOptions{})
}

// watch starts an informer for ConfigMaps and gives its events as "added NAME", "updated NAME", "deleted NAME".
func (j *judge) watch(ctx context.Context, selector string) (<-chan string, error) {
	narrow := informers.WithTweakListOptions(func(options *metav1.ListOptions) { options.LabelSelector = selector })
	factory := informers.NewSharedInformerFactoryWithOptions(j.clients, 0, informers.WithNamespace(j.namespace), narrow)
	informer := factory.Core().V1().ConfigMaps().Informer()
	events := make(chan string, 100)
	tell := func(verb string, object any) {
		if last, ok := object.(cache.DeletedFinalStateUnknown); ok {
			object = last.Obj
		}
		events <- verb + " " + object.(*corev1.ConfigMap).Name
	}
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { tell("added", object) },
		UpdateFunc: func(_, object any) { tell("updated", object) },
		DeleteFunc: func(object any) { tell("deleted", object) },
	})
	if err != nil {
		return nil, err
	}
	factory.Start(ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(), informer.HasSynced) {
		return nil, errors.New("the informer never synced")
	}
	return events, nil
}

// await takes events until the wanted ones have come in this order; others, of other objects, may come between.
func await(ctx context.Context, events <-chan string, wanted ...string) error {
	for len(wanted) > 0 {
		select {
		case event := <-events:
			if event == wanted[0] {
				wanted = wanted[1:]
			}
		case <-ctx.Done():
			return fmt.Errorf("never seen: %q", wanted[0])
		}
	}
	return nil
}

func (j *judge) informer(ctx context.Context) error {
	if _, err := j.create(ctx, j.configMap("before", nil)); err != nil {
		return err
	}
	events, err := j.watch(ctx, "")
	if err != nil {
		return err
	}
	if err := await(ctx, events, "added before"); err != nil {
		return err
	}
	made, err := j.create(ctx, j.configMap("after", nil))
	if err != nil {
		return err
	}
	made.Data["colour"] = "blue"
	all := j.clients.CoreV1().ConfigMaps(j.namespace)
	if _, err := all.Update(ctx, made, metav1.UpdateOptions{}); err != nil {
		return err
	}
	if err := all.Delete(ctx, "after", metav1.DeleteOptions{}); err != nil {
		return err
	}
	return await(ctx, events, "added after", "updated after", "deleted after")
}

func (j *judge) selected(ctx context.Context) error {
	events, err := j.watch(ctx, "team=web")
	if err != nil {
		return err
	}
	made, err := j.create(ctx, j.configMap("labelled", map[string]string{"team": "web"}))
	if err != nil {
		return err
	}
	made.Labels = nil
	if _, err := j.clients.CoreV1().ConfigMaps(j.namespace).Update(ctx, made, metav1.UpdateOptions{}); err != nil {
		return err
	}
	return await(ctx, events, "added labelled", "deleted labelled")
}

// candidate runs for leader, says when it leads, and gives the lease back when its context ends.
func (j *judge) candidate(ctx context.Context, name string, leads chan<- string) {
	lock := &resourcelock.LeaseLock{
		LeaseMeta:  metav1.ObjectMeta{Name: "election", Namespace: j.namespace},
		Client:     j.clients.CoordinationV1(),
		LockConfig: resourcelock.ResourceLockConfig{Identity: name},
	}
	leaderelection.RunOrDie(ctx, leaderelection.LeaderElectionConfig{
		Lock:            lock,
		ReleaseOnCancel: true,
		LeaseDuration:   3 * time.Second,
		RenewDeadline:   2 * time.Second,
		RetryPeriod:     100 * time.Millisecond,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(context.Context) { leads <- name },
			OnStoppedLeading: func() {},
		},
	})
}

func (j *judge) election(ctx context.Context) error {
	leads := make(chan string, 2)
	first, resign := context.WithCancel(ctx)
	defer resign()
	go j.candidate(first, "first", leads)
	if err := await(ctx, leads, "first"); err != nil {
		return err
	}
	go j.candidate(ctx, "second", leads)
	resign()
	return await(ctx, leads, "second")
}

func (j *judge) conflict(ctx context.Context) error {
	made, err := j.create(ctx, j.configMap("contested", nil))
	if err != nil {
		return err
	}
	all := j.clients.CoreV1().ConfigMaps(j.namespace)
	stale := made.DeepCopy()
	made.Data["colour"] = "blue"
	if _, err := all.Update(ctx, made, metav1.UpdateOptions{}); err != nil {
		return err
	}
	if _, err := all.Update(ctx, stale, metav1.UpdateOptions{}); !apierrors.IsConflict(err) {
		return fmt.Errorf("a stale update gave %v", err)
	}
	return retry.RetryOnConflict(retry.DefaultRetry, func() error {
		stale.Data["shape"] = "round"
		_, err := all.Update(ctx, stale, metav1.UpdateOptions{})
		if apierrors.IsConflict(err) {
			if stale, err = all.Get(ctx, "contested", metav1.GetOptions{}); err != nil {
				return err
			}
			return apierrors.NewConflict(corev1.Resource("configmaps"), "contested", errors.New("again"))
		}
		return err
	})
}

func (j *judge) applied(name, colour string) *corev1apply.ConfigMapApplyConfiguration {
	return corev1apply.ConfigMap(name, j.namespace).WithData(map[string]string{"colour": colour})
}

func (j *judge) apply(ctx context.Context) error {
	if err := j.controller.Apply(ctx, j.applied("applied", "red"), client.FieldOwner("painter")); err != nil {
		return err
	}
	var found corev1.ConfigMap
	if err := j.controller.Get(ctx, types.NamespacedName{Namespace: j.namespace, Name: "applied"}, &found); err != nil {
		return err
	}
	owned, err := corev1apply.ExtractConfigMap(&found, "painter")
	if err != nil {
		return err
	}
	if owned.Data["colour"] != "red" {
		return fmt.Errorf("the manager owns %v", owned.Data)
	}
	return nil
}

func (j *judge) force(ctx context.Context) error {
	if err := j.controller.Apply(ctx, j.applied("forced", "red"), client.FieldOwner("painter")); err != nil {
		return err
	}
	err := j.controller.Apply(ctx, j.applied("forced", "blue"), client.FieldOwner("decorator"))
	if !apierrors.IsConflict(err) {
		return fmt.Errorf("another manager's apply gave %v", err)
	}
	return j.controller.Apply(ctx, j.applied("forced", "blue"), client.FieldOwner("decorator"), client.ForceOwnership)
}

func (j *judge) lifecycle(ctx context.Context) error {
	made := j.configMap("walked", map[string]string{"walk": "yes"})
	if err := j.controller.Create(ctx, made); err != nil {
		return err
	}
	before := made.DeepCopy()
	made.Data["colour"] = "green"
	if err := j.controller.Patch(ctx, made, client.MergeFrom(before)); err != nil {
		return err
	}
	var list corev1.ConfigMapList
	if err := j.controller.List(ctx, &list, client.InNamespace(j.namespace), client.MatchingLabels{"walk": "yes"}); err != nil {
		return err
	}
	if len(list.Items) != 1 || list.Items[0].Data["colour"] != "green" {
		return fmt.Errorf("listed %v", list.Items)
	}
	if err := j.controller.Delete(ctx, made); err != nil {
		return err
	}
	if err := j.controller.Get(ctx, client.ObjectKeyFromObject(made), made); !apierrors.IsNotFound(err) {
		return fmt.Errorf("a deleted object gave %v", err)
	}
	return nil
}

func (j *judge) protobuf(ctx context.Context) error {
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return err
	}
	config = rest.CopyConfig(config)
	config.AcceptContentTypes = "application/vnd.kubernetes.protobuf,application/json"
	config.ContentType = "application/vnd.kubernetes.protobuf"
	binary, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	made, err := binary.CoreV1().ConfigMaps(j.namespace).Create(ctx, j.configMap("binary", nil), metav1.CreateOptions{})
	if err != nil {
		return err
	}
	found, err := j.clients.CoreV1().ConfigMaps(j.namespace).Get(ctx, "binary", metav1.GetOptions{})
	if err != nil {
		return err
	}
	if found.UID != made.UID || found.Data["colour"] != made.Data["colour"] {
		return fmt.Errorf("binary %v, JSON %v", made, found)
	}
	return nil
}

// whole writes deeply nested built-in kinds as controller-runtime does, in protobuf, and reads them back.
func (j *judge) whole(ctx context.Context) error {
	yes, no, user, seconds := true, false, int64(1000), int64(5)
	terms := []corev1.NodeSelectorTerm{{MatchExpressions: []corev1.NodeSelectorRequirement{
		{Key: "never", Operator: corev1.NodeSelectorOpIn, Values: []string{"here"}},
	}}}
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "whole", Namespace: j.namespace},
		Spec: corev1.PodSpec{
			SecurityContext: &corev1.PodSecurityContext{RunAsNonRoot: &no, RunAsUser: &user},
			NodeSelector:    map[string]string{"never": "here"},
			Affinity: &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{
				RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{NodeSelectorTerms: terms},
			}},
			Volumes: []corev1.Volume{
				{Name: "empty", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}},
			},
			Containers: []corev1.Container{{
				Name:      "c",
				Image:     "echo",
				Lifecycle: &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{Sleep: &corev1.SleepAction{Seconds: seconds}}},
				SecurityContext: &corev1.SecurityContext{
					ReadOnlyRootFilesystem: &yes,
					Capabilities:           &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
				},
			}},
		},
	}
	wanted := pod.DeepCopy()
	if err := j.controller.Create(ctx, pod); err != nil {
		return err
	}
	found := &corev1.Pod{}
	if err := j.controller.Get(ctx, client.ObjectKeyFromObject(pod), found); err != nil {
		return err
	}
	for what, pair := range map[string][2]any{
		"security context": {wanted.Spec.SecurityContext, found.Spec.SecurityContext},
		"affinity":         {wanted.Spec.Affinity, found.Spec.Affinity},
		"volume":           {wanted.Spec.Volumes[0], found.Spec.Volumes[0]},
		"lifecycle":        {wanted.Spec.Containers[0].Lifecycle, found.Spec.Containers[0].Lifecycle},
		"container":        {wanted.Spec.Containers[0].SecurityContext, found.Spec.Containers[0].SecurityContext},
	} {
		if !equality.Semantic.DeepEqual(pair[0], pair[1]) {
			return fmt.Errorf("%s: wrote %v, read %v", what, pair[0], pair[1])
		}
	}
	port, name := int32(8080), "http"
	slice := &discoveryv1.EndpointSlice{
		ObjectMeta:  metav1.ObjectMeta{Name: "whole", Namespace: j.namespace},
		AddressType: discoveryv1.AddressTypeIPv4,
		Ports:       []discoveryv1.EndpointPort{{Name: &name, Port: &port}},
		Endpoints: []discoveryv1.Endpoint{
			{Addresses: []string{"127.19.9.9"}, Conditions: discoveryv1.EndpointConditions{Ready: &no}},
		},
	}
	endpoints := slice.DeepCopy().Endpoints
	if err := j.controller.Create(ctx, slice); err != nil {
		return err
	}
	read := &discoveryv1.EndpointSlice{}
	if err := j.controller.Get(ctx, client.ObjectKeyFromObject(slice), read); err != nil {
		return err
	}
	if !equality.Semantic.DeepEqual(endpoints, read.Endpoints) {
		return fmt.Errorf("endpoints: wrote %v, read %v", endpoints, read.Endpoints)
	}
	return nil
}
