package conformance

import (
	"errors"
	"time"

	"github.com/sony/gobreaker/v2"
)

var (
	errFailure  = errors.New("failure")
	errExcluded = errors.New("excluded")
)

func goBreaker(s *sequence) []any {
	settings := s.Settings
	breaker := gobreaker.NewTwoStepCircuitBreaker[any](gobreaker.Settings{
		MaxRequests:  settings.Trials,
		Timeout:      time.Duration(settings.OpenMs) * time.Millisecond,
		Interval:     time.Duration(settings.IntervalMs) * time.Millisecond,
		BucketPeriod: time.Duration(settings.BucketMs) * time.Millisecond,
		IsExcluded:   func(err error) bool { return err == errExcluded },
		ReadyToTrip: func(counts gobreaker.Counts) bool {
			switch {
			case settings.InARow > 0:
				return counts.ConsecutiveFailures >= settings.InARow
			case settings.Failures > 0:
				return counts.TotalFailures >= settings.Failures
			}
			all := counts.TotalSuccesses + counts.TotalFailures
			if settings.OfCalls {
				all = counts.Requests
			}
			ratio := float64(counts.TotalFailures) / float64(all)
			return all >= settings.Minimum && ratio >= settings.Ratio
		},
	})
	admitted := map[int]func(error){}
	return s.play(func(index int) bool {
		done, err := breaker.Allow()
		if err == nil {
			admitted[index] = done
		}
		return err == nil
	}, func(index int, result error) any {
		done := admitted[index]
		if done == nil {
			return nil
		}
		delete(admitted, index)
		done(result)
		return breaker.State() == gobreaker.StateClosed
	})
}
