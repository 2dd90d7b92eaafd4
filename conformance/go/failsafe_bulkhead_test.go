package conformance

import (
	"context"
	"sort"
	"sync"
	"testing/synctest"
	"time"

	"github.com/failsafe-go/failsafe-go/bulkhead"
)

// What has become of calls since the step before: their numbers and nanoseconds of waiting.
type goes struct {
	Starts  [][2]int64 `json:"starts,omitempty"`
	Refused [][2]int64 `json:"refused,omitempty"`
}

// Each call waits for its permit in a goroutine of its own.
func failsafeBulkhead(s *sequence) []any {
	permits := bulkhead.New[any](uint(s.Settings.Permits))
	most := time.Duration(s.Settings.MaxWait)
	start := time.Now()
	inside := map[int64]bool{}
	waiting := map[int64]context.CancelFunc{}
	var now goes
	var books sync.Mutex
	call := func(index int64, ctx context.Context) {
		arrived := time.Now()
		err := permits.AcquirePermitWithMaxWait(ctx, most)
		told := [2]int64{index, time.Since(arrived).Nanoseconds()}
		books.Lock()
		defer books.Unlock()
		delete(waiting, index)
		switch err {
		case nil:
			inside[index] = true
			now.Starts = append(now.Starts, told)
		case bulkhead.ErrFull:
			now.Refused = append(now.Refused, told)
		}
	}
	end := func(index int64) {
		if inside[index] {
			delete(inside, index)
			permits.ReleasePermit()
		}
	}
	var answers []any
	for index, step := range s.Steps {
		time.Sleep(time.Until(start.Add(time.Duration(step.at()))))
		synctest.Wait()
		switch {
		case step.Call != nil:
			ctx, cancel := context.WithCancel(context.Background())
			waiting[int64(index)] = cancel
			go call(int64(index), ctx)
		case step.Leaves != nil:
			if cancel := waiting[(*step.Leaves)[1]]; cancel != nil {
				cancel()
			}
			end((*step.Leaves)[1])
		default:
			end((*step.Succeeds)[1])
		}
		synctest.Wait()
		// Goroutines whose waits end at one instant wake in any order.
		sort.SliceStable(now.Refused, func(a, b int) bool {
			ended := func(told [2]int64) int64 { return *s.Steps[told[0]].Call + told[1] }
			a0, b0 := ended(now.Refused[a]), ended(now.Refused[b])
			return a0 < b0 || a0 == b0 && now.Refused[a][0] < now.Refused[b][0]
		})
		answers = append(answers, now)
		now = goes{}
	}
	for _, cancel := range waiting {
		cancel()
	}
	synctest.Wait()
	return answers
}
