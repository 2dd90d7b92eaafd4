// Package draw stands in for math/rand/v2 in the file of grpc-go that draws jitter.
package draw

// Unit is the number in [0, 1) that is drawn next.
var Unit float64

// Float64 returns it.
func Float64() float64 { return Unit }

// IntN draws the least number: grpc-go uses it for no decision that is compared.
func IntN(int) int { return 0 }
