package conformance

import (
	"cmp"
	"errors"
	"slices"
	"sync"
	"testing/synctest"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/budget"
	"github.com/failsafe-go/failsafe-go/hedgepolicy"
)

// What hedges tell of a step: copies that were sent and calls that ended, as call, copy and
// instant.
type hedged struct {
	Sent [][3]int64 `json:"sent"`
	Over [][3]int64 `json:"over"`
}

type copyKey struct {
	call int
	copy int64
}

// A hedge policy with a budget. A copy ends as it is told, or at once when it is cancelled. Copies
// whose time has come are sent before a copy that ends at the same instant.
func failsafeHedge(s *sequence) []any {
	failure := errors.New("failure")
	var builder hedgepolicy.Builder[int64]
	if s.Settings.AfterMs != nil {
		builder = hedgepolicy.NewBuilderWithDelay[int64](
			time.Duration(*s.Settings.AfterMs) * time.Millisecond)
	} else {
		builder = hedgepolicy.NewBuilderWithDelayQuantile[int64](
			s.Settings.Quantile, s.Settings.Age, uint(s.Settings.Minimum))
	}
	builder = builder.WithMaxHedges(s.Settings.Max)
	if !s.Settings.Any {
		builder = builder.CancelIf(func(_ int64, err error) bool { return err == nil })
	}
	if s.Settings.Min != nil {
		builder = builder.WithBudget(budget.NewBuilder().
			WithMaxRate(s.Settings.Ratio).WithMinConcurrency(*s.Settings.Min).Build())
	}
	policy := builder.Build()
	start := time.Now()
	out := map[copyKey]chan error{}
	copies, running := make([]int64, len(s.Steps)), 0
	told := hedged{[][3]int64{}, [][3]int64{}}
	// Goroutines of one instant tell in turn.
	var lock sync.Mutex
	now := func() int64 { return time.Since(start).Nanoseconds() }
	var answers []any
	for index, step := range s.Steps {
		at := time.Duration(0)
		if step.Call != nil {
			at = time.Duration(*step.Call)
		} else {
			at = time.Duration(step.Ends.At)
		}
		time.Sleep(time.Until(start.Add(at)))
		synctest.Wait()
		if step.Call != nil {
			call := index
			running++
			go func() {
				copy, _ := failsafe.With(policy).GetWithExecution(
					func(exec failsafe.Execution[int64]) (int64, error) {
						result := make(chan error, 1)
						lock.Lock()
						copy := int64(0)
						if exec.IsHedge() {
							copies[call]++
							copy = copies[call]
						}
						told.Sent = append(told.Sent, [3]int64{int64(call), copy, now()})
						out[copyKey{call, copy}] = result
						lock.Unlock()
						select {
						case err := <-result:
							return copy, err
						case <-exec.Canceled():
							return copy, exec.Context().Err()
						}
					})
				lock.Lock()
				told.Over = append(told.Over, [3]int64{int64(call), copy, now()})
				running--
				lock.Unlock()
			}()
		} else {
			key := copyKey{step.Ends.Call, step.Ends.Copy}
			if result, there := out[key]; there {
				delete(out, key)
				if step.Ends.Outcome == nil {
					result <- nil
				} else {
					result <- failure
				}
			}
		}
		synctest.Wait()
		order := func(a, b [3]int64) int {
			return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
		}
		slices.SortFunc(told.Sent, order)
		slices.SortFunc(told.Over, order)
		answers = append(answers, told)
		told = hedged{[][3]int64{}, [][3]int64{}}
	}
	// Nothing is left under way.
	for running > 0 {
		for key, result := range out {
			delete(out, key)
			result <- nil
		}
		time.Sleep(time.Second)
		synctest.Wait()
	}
	return answers
}
