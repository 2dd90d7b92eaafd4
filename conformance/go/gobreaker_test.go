package conformance

import (
	"errors"
	"time"

	"github.com/sony/gobreaker/v2"
)

func goBreaker(s *sequence) []any {
	breaker := gobreaker.NewTwoStepCircuitBreaker[any](gobreaker.Settings{
		MaxRequests: s.Settings.Trials,
		Timeout:     time.Duration(s.Settings.OpenMs) * time.Millisecond,
		ReadyToTrip: func(counts gobreaker.Counts) bool {
			return counts.ConsecutiveFailures >= s.Settings.InARow
		},
	})
	start := time.Now()
	admitted := map[int64]func(error){}
	failure := errors.New("failure")
	var answers []any
	for index, step := range s.Steps {
		if step.Call != nil {
			time.Sleep(time.Until(start.Add(time.Duration(*step.Call))))
			done, err := breaker.Allow()
			if err == nil {
				admitted[int64(index)] = done
			}
			answers = append(answers, err == nil)
			continue
		}
		ends, result := step.Succeeds, error(nil)
		if ends == nil {
			ends, result = step.Fails, failure
		}
		time.Sleep(time.Until(start.Add(time.Duration((*ends)[0]))))
		done := admitted[(*ends)[1]]
		if done == nil {
			answers = append(answers, nil)
			continue
		}
		delete(admitted, (*ends)[1])
		done(result)
		answers = append(answers, breaker.State() == gobreaker.StateClosed)
	}
	return answers
}
