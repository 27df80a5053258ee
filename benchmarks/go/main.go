// How fast client-go's work queue is, for benchmarks/queue.py: keys a second through add, get and done.
//
//	queue KEYS        prints a JSON list with one entry for each setting
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
)

type result struct {
	Workers     int     `json:"workers"`
	Duplicates  float64 `json:"duplicates"`
	RateLimited bool    `json:"rate limited"`
	KeysASecond int     `json:"keys a second"`
}

// immediately is a rate limiter that delays nothing: what remains is the cost of asking one.
type immediately struct{}

func (immediately) When(types.NamespacedName) time.Duration { return 0 }
func (immediately) Forget(types.NamespacedName)             {}
func (immediately) NumRequeues(types.NamespacedName) int    { return 0 }

func main() {
	number, err := strconv.Atoi(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "queue: KEYS must be a number")
		os.Exit(2)
	}
	var results []result
	for _, workers := range []int{1, 10, 100} {
		for _, duplicates := range []float64{0, 0.5, 0.9} {
			for _, limited := range []bool{false, true} {
				best := time.Duration(1 << 62)
				for range 3 {
					best = min(best, run(keys(number, duplicates), workers, limited))
				}
				results = append(results, result{workers, duplicates, limited, int(float64(number) / best.Seconds())})
			}
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(results); err != nil {
		panic(err)
	}
}

func keys(number int, duplicates float64) []types.NamespacedName {
	distinct := max(1, int(float64(number)*(1-duplicates)+0.5))
	found := make([]types.NamespacedName, number)
	for position := range found {
		found[position] = types.NamespacedName{Namespace: "shop", Name: fmt.Sprintf("ingress-%d", position%distinct)}
	}
	return found
}

func run(todo []types.NamespacedName, workers int, limited bool) time.Duration {
	queue := workqueue.NewTypedRateLimitingQueue[types.NamespacedName](immediately{})
	started := time.Now()
	var done sync.WaitGroup
	for range workers {
		done.Go(func() {
			for {
				key, shutdown := queue.Get()
				if shutdown {
					return
				}
				if limited {
					queue.Forget(key)
				}
				queue.Done(key)
			}
		})
	}
	for _, key := range todo {
		if limited {
			queue.AddRateLimited(key)
		} else {
			queue.Add(key)
		}
	}
	queue.ShutDownWithDrain()
	done.Wait()
	return time.Since(started)
}
