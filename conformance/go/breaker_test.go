package conformance

import "time"

// play sleeps to the instant of each step. A call is admitted or not, and ends with a result, to
// which the answer is whether the breaker is closed, or nothing if the call was refused.
func (s *sequence) play(call func(int) bool, end func(int, error) any) []any {
	start := time.Now()
	sleep := func(ns int64) { time.Sleep(time.Until(start.Add(time.Duration(ns)))) }
	var answers []any
	for index, step := range s.Steps {
		if step.Call != nil {
			sleep(*step.Call)
			answers = append(answers, call(index))
			continue
		}
		ends, result := step.Succeeds, error(nil)
		if step.Fails != nil {
			ends, result = step.Fails, errFailure
		} else if step.Ignored != nil {
			ends, result = step.Ignored, errExcluded
		}
		sleep((*ends)[0])
		answers = append(answers, end(int((*ends)[1]), result))
	}
	return answers
}
