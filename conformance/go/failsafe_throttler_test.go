package conformance

import (
	"math"
	"time"

	"github.com/failsafe-go/failsafe-go/adaptivethrottler"
)

// The throttler decides at random, so its rate is compared, to the bit.
func failsafeThrottler(s *sequence) []any {
	throttler := adaptivethrottler.NewBuilder[any]().
		WithFailureRateThreshold(s.Settings.FailureRate, s.Settings.MinCalls,
			time.Duration(s.Settings.WindowMs)*time.Millisecond).
		WithMaxRejectionRate(s.Settings.MaxRejection).
		Build()
	start := time.Now()
	until := func(at int64) { time.Sleep(time.Until(start.Add(time.Duration(at)))) }
	var answers []any
	for _, step := range s.Steps {
		switch {
		case step.Call != nil:
			until(*step.Call)
			throttler.TryAcquirePermit()
			bits := math.Float64bits(throttler.RejectionRate())
			answers = append(answers, map[string]uint64{"probability_bits": bits})
			continue
		case step.Succeeds != nil:
			until((*step.Succeeds)[0])
			throttler.RecordSuccess()
		default:
			until((*step.Fails)[0])
			throttler.RecordFailure()
		}
		answers = append(answers, nil)
	}
	return answers
}
