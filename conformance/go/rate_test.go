package conformance

import (
	"time"

	"golang.org/x/time/rate"
)

// The limiter takes the instant of each call, so it needs no clock.
func goRate(s *sequence) []any {
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
