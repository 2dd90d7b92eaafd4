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
	} `json:"settings"`
	Steps []struct {
		Call     *int64   `json:"call"`
		Succeeds *[]int64 `json:"succeeds"`
		Fails    *[]int64 `json:"fails"`
	} `json:"steps"`
}

// A library: from a sequence to its answers.
var libraries = map[string]func(*sequence) []any{
	"go-rate":   goRate,
	"gobreaker": goBreaker,
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
