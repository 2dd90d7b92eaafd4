// Package conformance asks libraries of Go. It is a test, because only tests have a clock of their
// own (testing/synctest).
package conformance

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sony/gobreaker/v2"
	"golang.org/x/time/rate"
)

type sequence struct {
	Settings struct {
		PerS    *float64 `json:"per_s"`
		Burst   int      `json:"burst"`
		MaxWait uint64   `json:"max_wait_ns"`

		InARow uint32 `json:"in_a_row"`
		OpenMs int64  `json:"open_ms"`
		Trials uint32 `json:"trials"`
	} `json:"settings"`
	Steps []struct {
		Call     *int64   `json:"call"`
		Succeeds *[]int64 `json:"succeeds"`
		Fails    *[]int64 `json:"fails"`
	} `json:"steps"`
}

func TestDriver(t *testing.T) {
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var s sequence
		if err := json.Unmarshal(line, &s); err != nil {
			t.Fatal(err)
		}
		var answers []any
		if s.Settings.PerS != nil {
			answers = rateLimit(&s)
		} else {
			synctest.Test(t, func(t *testing.T) { answers = breaker(&s) })
		}
		text, err := json.Marshal(answers)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println(string(text))
	}
}

// The limiter takes the instant of each call, so it needs no clock.
func rateLimit(s *sequence) []any {
	limiter := rate.NewLimiter(rate.Limit(*s.Settings.PerS), s.Settings.Burst)
	start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	var answers []any
	for _, step := range s.Steps {
		at := start.Add(time.Duration(*step.Call))
		switch {
		case s.Settings.MaxWait == 0 && limiter.AllowN(at, 1):
			answers = append(answers, 0)
		case s.Settings.MaxWait == 0:
			answers = append(answers, nil)
		default:
			reservation := limiter.ReserveN(at, 1)
			answers = append(answers, reservation.DelayFrom(at).Nanoseconds())
		}
	}
	return answers
}

func breaker(s *sequence) []any {
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
