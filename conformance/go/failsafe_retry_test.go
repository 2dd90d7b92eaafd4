package conformance

import (
	"errors"
	"testing/synctest"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/budget"
	"github.com/failsafe-go/failsafe-go/retrypolicy"
)

// A retry policy with a budget. Each call is an execution of its own, whose tries end as they are
// told. The instants of ends are those of the sequence; a wait is told and not waited for, since
// the instants of later ends are given.
func failsafeRetry(s *sequence) []any {
	builder := retrypolicy.NewBuilder[any]().WithMaxRetries(s.Settings.Retries)
	if s.Settings.BaseMs > 0 {
		builder = builder.WithBackoffFactor(
			time.Duration(s.Settings.BaseMs)*time.Millisecond,
			time.Duration(s.Settings.CapMs)*time.Millisecond, s.Settings.Multiplier)
	}
	if s.Settings.LimitMs != nil {
		builder = builder.WithMaxDuration(time.Duration(*s.Settings.LimitMs) * time.Millisecond)
	}
	if s.Settings.Min != nil {
		builder = builder.WithBudget(budget.NewBuilder().
			WithMaxRate(s.Settings.Ratio).WithMinConcurrency(*s.Settings.Min).Build())
	}
	var told *time.Duration
	policy := builder.OnRetryScheduled(func(event failsafe.ExecutionScheduledEvent[any]) {
		told = &event.Delay
	}).Build()
	start := time.Now()
	failure := errors.New("failure")
	under := map[int]chan error{}
	ended := map[int]chan struct{}{}
	var answers []any
	for index, step := range s.Steps {
		if step.Call != nil {
			time.Sleep(time.Until(start.Add(time.Duration(*step.Call))))
			results, done := make(chan error), make(chan struct{})
			under[index], ended[index] = results, done
			go func() {
				failsafe.With(policy).Run(func() error { return <-results })
				close(done)
			}()
			synctest.Wait()
			answers = append(answers, 0)
			continue
		}
		end := *step.Ends
		results, there := under[end.Call]
		if !there {
			answers = append(answers, nil)
			continue
		}
		time.Sleep(time.Until(start.Add(time.Duration(end.At))))
		result := failure
		if end.Outcome == nil {
			result = nil
		}
		told = nil
		// It blocks while the wait before this try is not over.
		results <- result
		synctest.Wait()
		over := false
		select {
		case <-ended[end.Call]:
			over = true
		default:
		}
		if over {
			delete(under, end.Call)
			answers = append(answers, nil)
		} else {
			answers = append(answers, told.Nanoseconds())
		}
	}
	for call, results := range under {
		for over := false; !over; {
			select {
			case results <- nil:
			case <-ended[call]:
				over = true
			}
		}
	}
	return answers
}
