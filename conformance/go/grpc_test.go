package conformance

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"testing/synctest"
	"time"

	"dessim/conformance/draw"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
)

// A codec of empty messages: nothing is said but in statuses.
type empty struct{}

func (empty) Marshal(any) ([]byte, error) { return nil, nil }
func (empty) Unmarshal([]byte, any) error { return nil }
func (empty) Name() string                { return "empty" }
func init()                               { encoding.RegisterCodec(empty{}) }

// A try that has reached the server, which answers as it is told.
type try struct {
	arrived time.Time
	answer  chan end
}

// A client and a server, connected in memory, in the bubble of a virtual clock. The number that
// jitter draws is that of the step: the driver is built with the generator of stream.go replaced.
func grpcGo(s *sequence) []any {
	tries := make([]chan try, len(s.Steps))
	ended := make([]chan struct{}, len(s.Steps))
	for i := range s.Steps {
		tries[i], ended[i] = make(chan try, 1), make(chan struct{}, 1)
	}
	handler := func(_ any, stream grpc.ServerStream) error {
		incoming, _ := metadata.FromIncomingContext(stream.Context())
		call, _ := strconv.Atoi(incoming.Get("call")[0])
		answer := make(chan end)
		tries[call] <- try{time.Now(), answer}
		told := <-answer
		if told.Named != nil {
			ms := "-1"
			if *told.Named >= 0 {
				ms = strconv.FormatInt(*told.Named/1e6, 10)
			}
			stream.SetTrailer(metadata.Pairs("grpc-retry-pushback-ms", ms))
		}
		switch {
		case told.Outcome == nil:
			return stream.SendMsg(nil)
		case *told.Outcome == "Shed":
			return status.Error(codes.ResourceExhausted, "no")
		default:
			return status.Error(codes.Unavailable, "failure")
		}
	}
	listener := bufconn.Listen(1 << 16)
	server := grpc.NewServer(grpc.UnknownServiceHandler(handler))
	go server.Serve(listener)
	throttling := ""
	if s.Settings.MaxTokens != nil {
		throttling = fmt.Sprintf(`, "retryThrottling": {"maxTokens": %v, "tokenRatio": %v}`,
			*s.Settings.MaxTokens, s.Settings.TokenRatio)
	}
	config := fmt.Sprintf(`{"methodConfig": [{"name": [{}], "retryPolicy": {
		"maxAttempts": %d, "initialBackoff": "%.3fs", "maxBackoff": "%.3fs",
		"backoffMultiplier": %v, "retryableStatusCodes": ["UNAVAILABLE"]}}]%s}`,
		s.Settings.Attempts, float64(s.Settings.BaseMs)/1e3, float64(s.Settings.CapMs)/1e3,
		s.Settings.Multiplier, throttling)
	client, err := grpc.NewClient("passthrough:///server",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			return listener.DialContext(ctx)
		}),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultServiceConfig(config),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(empty{})),
		grpc.WithIdleTimeout(0))
	if err != nil {
		panic(err)
	}
	all, cancel := context.WithCancel(context.Background())
	under := map[int]try{}
	var answers []any
	for index, step := range s.Steps {
		if step.Call != nil {
			call := index
			ctx := metadata.AppendToOutgoingContext(all, "call", strconv.Itoa(call))
			go func() {
				client.Invoke(ctx, "/service/method", nil, nil)
				ended[call] <- struct{}{}
			}()
			under[call] = <-tries[call]
			answers = append(answers, 0)
			continue
		}
		end := *step.Ends
		of, there := under[end.Call]
		if !there {
			answers = append(answers, nil)
			continue
		}
		delete(under, end.Call)
		draw.Unit = end.Unit
		failed := time.Now()
		of.answer <- end
		// The next try of this call, or its end; time passes only for its wait.
		select {
		case next := <-tries[end.Call]:
			under[end.Call] = next
			answers = append(answers, next.arrived.Sub(failed).Nanoseconds())
		case <-ended[end.Call]:
			answers = append(answers, nil)
		}
	}
	for _, of := range under {
		of.answer <- end{}
	}
	synctest.Wait()
	cancel()
	client.Close()
	server.Stop()
	synctest.Wait()
	return answers
}
