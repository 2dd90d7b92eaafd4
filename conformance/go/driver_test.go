// Package conformance asks libraries of Go. It is a test, because only tests have a clock of their
// own (testing/synctest).
package conformance

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"testing"
	"testing/synctest"
)

type sequence struct {
	Settings struct {
		PerS    *float64 `json:"per_s"`
		Burst   int      `json:"burst"`
		MaxWait uint64   `json:"max_wait_ns"`

		InARow uint32 `json:"in_a_row"`
		OpenMs int64  `json:"open_ms"`
		Trials uint32 `json:"trials"`

		Attempts     int      `json:"attempts"`
		Retries      int      `json:"retries"`
		BaseMs       int64    `json:"base_ms"`
		CapMs        int64    `json:"cap_ms"`
		Multiplier   float64  `json:"multiplier"`
		LimitMs      *int64   `json:"limit_ms"`
		MaxTokens    *float64 `json:"max_tokens"`
		TokenRatio   float64  `json:"token_ratio"`
		Min          *uint    `json:"min"`
		Ratio        float64  `json:"ratio"`
		FailureRate  float64  `json:"failure_rate"`
		MinCalls     uint     `json:"min_calls"`
		WindowMs     int64    `json:"window_ms"`
		MaxRejection float64  `json:"max_rejection"`
		Permits      int      `json:"permits"`

		Failures   uint32  `json:"failures"`
		Of         uint    `json:"of"`
		Rate       float64 `json:"rate"`
		Minimum    uint32  `json:"minimum"`
		OfCalls    bool    `json:"of_calls"`
		Good       uint    `json:"good"`
		GoodOf     uint    `json:"good_of"`
		IntervalMs int64   `json:"interval_ms"`
		BucketMs   int64   `json:"bucket_ms"`
		PeriodMs   int64   `json:"period_ms"`

		Replicas int             `json:"replicas"`
		Balancer json.RawMessage `json:"balancer"`

		Max      int     `json:"max"`
		Any      bool    `json:"any"`
		AfterMs  *int64  `json:"after_ms"`
		Quantile float64 `json:"quantile"`
		Age      uint    `json:"age"`
	} `json:"settings"`
	Steps []step `json:"steps"`
}

type step struct {
	Call     *int64   `json:"call"`
	Send     *[]int64 `json:"send"`
	Succeeds *[]int64 `json:"succeeds"`
	Fails    *[]int64 `json:"fails"`
	Ends     *end     `json:"ends"`
	Ignored  *[]int64 `json:"ignored"`
	Leaves   *[]int64 `json:"leaves"`
}

// The instant of a call, or of its end.
func (s *step) at() int64 {
	switch {
	case s.Call != nil:
		return *s.Call
	case s.Leaves != nil:
		return (*s.Leaves)[0]
	default:
		return (*s.Succeeds)[0]
	}
}

// The end of a try of a call; without an outcome it has succeeded.
type end struct {
	At      int64   `json:"at"`
	Call    int     `json:"call"`
	Copy    int64   `json:"copy"`
	Outcome *string `json:"outcome"`
	Unit    float64 `json:"unit"`
	Named   *int64  `json:"named"`
}

// A library: from a sequence to its answers.
var libraries = map[string]func(*sequence) []any{
	"go-rate":                   goRate,
	"gobreaker":                 goBreaker,
	"grpc-go":                   grpcGo,
	"grpc-go-outlier-detection": grpcOutlierDetection,
	"failsafe-go-retry":         failsafeRetry,
	"failsafe-go-throttler":     failsafeThrottler,
	"failsafe-go-breaker":       failsafeGoBreaker,
	"failsafe-go-bulkhead":      failsafeBulkhead,
	"failsafe-go-hedge":         failsafeHedge,
}

// The argument of the test binary is the name of the library.
func TestDriver(t *testing.T) {
	library := libraries[flag.Arg(0)]
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
		synctest.Test(t, func(t *testing.T) { answers = library(&s) })
		text, err := json.Marshal(answers)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println(string(text))
	}
}
