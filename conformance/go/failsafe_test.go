package conformance

import (
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
)

func failsafeGoBreaker(s *sequence) []any {
	settings := s.Settings
	period := time.Duration(settings.PeriodMs) * time.Millisecond
	builder := circuitbreaker.NewBuilder[any]().
		WithDelay(time.Duration(settings.OpenMs) * time.Millisecond)
	switch {
	case settings.Rate > 0:
		builder = builder.WithFailureRateThreshold(settings.Rate, uint(settings.Minimum), period)
	case settings.PeriodMs > 0:
		builder = builder.WithFailureThresholdPeriod(uint(settings.Failures), period)
	default:
		builder = builder.WithFailureThresholdRatio(uint(settings.Failures), settings.Of)
	}
	if settings.Good > 0 {
		builder = builder.WithSuccessThresholdRatio(settings.Good, settings.GoodOf)
	}
	breaker := builder.Build()
	admitted := map[int]bool{}
	return s.play(func(index int) bool {
		admitted[index] = breaker.TryAcquirePermit()
		return admitted[index]
	}, func(index int, result error) any {
		if !admitted[index] {
			return nil
		}
		if result == nil {
			breaker.RecordSuccess()
		} else {
			breaker.RecordFailure()
		}
		return breaker.IsClosed()
	})
}
