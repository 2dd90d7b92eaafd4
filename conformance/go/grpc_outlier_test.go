package conformance

import (
	"fmt"
	"strings"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/balancer"
	"google.golang.org/grpc/connectivity"
	estats "google.golang.org/grpc/experimental/stats"
	_ "google.golang.org/grpc/outlierdetection"
	"google.golang.org/grpc/resolver"
)

// A connection that is ready from its first use on.
type connection struct {
	balancer.SubConn
	replica  int
	listener func(balancer.SubConnState)
	health   func(balancer.SubConnState)
}

func (c *connection) Connect() {
	go func() {
		c.listener(balancer.SubConnState{ConnectivityState: connectivity.Connecting})
		c.listener(balancer.SubConnState{ConnectivityState: connectivity.Ready})
	}()
}
func (c *connection) Shutdown()                          {}
func (c *connection) UpdateAddresses([]resolver.Address) {}
func (c *connection) RegisterHealthListener(tell func(balancer.SubConnState)) {
	go tell(balancer.SubConnState{ConnectivityState: connectivity.Ready})
}

// A channel that keeps the picker which the balancer has made last.
type channel struct {
	balancer.ClientConn
	picker balancer.Picker
}

func (c *channel) NewSubConn(of []resolver.Address, with balancer.NewSubConnOptions) (balancer.SubConn, error) {
	var replica int
	fmt.Sscanf(of[0].Addr, "%d", &replica)
	return &connection{replica: replica, listener: with.StateListener}, nil
}
func (c *channel) UpdateState(state balancer.State)                     { c.picker = state.Picker }
func (c *channel) ResolveNow(resolver.ResolveNowOptions)                {}
func (c *channel) Target() string                                       { return "" }
func (c *channel) MetricsRecorder() estats.MetricsRecorder              { return unrecorded{} }
func (c *channel) UpdateAddresses(balancer.SubConn, []resolver.Address) {}

type unrecorded struct{ estats.MetricsRecorder }

func (unrecorded) RecordInt64Count(*estats.Int64CountHandle, int64, ...string) {}

// The balancer itself, with round_robin below it: a call picks until it meets the replica that it
// is for. Picks without a result count nothing.
func grpcOutlierDetection(s *sequence) []any {
	began := time.Now()
	builder := balancer.Get("outlier_detection_experimental")
	config, err := builder.(balancer.ConfigParser).ParseConfig(s.Settings.Balancer)
	if err != nil {
		panic(err)
	}
	to := &channel{}
	all := builder.Build(to, balancer.BuildOptions{})
	var endpoints []resolver.Endpoint
	for replica := range s.Settings.Replicas {
		address := resolver.Address{Addr: fmt.Sprint(replica)}
		endpoints = append(endpoints, resolver.Endpoint{Addresses: []resolver.Address{address}})
	}
	state := resolver.State{Endpoints: endpoints}
	if err := all.UpdateClientConnState(balancer.ClientConnState{ResolverState: state, BalancerConfig: config}); err != nil {
		panic(err)
	}
	synctest.Wait()
	under := map[int]func(balancer.DoneInfo){}
	var answers []any
	for index, step := range s.Steps {
		result := step.Succeeds
		if result == nil {
			result = step.Fails
		}
		if step.Send == nil {
			sleepUntil(began, (*result)[0])
			synctest.Wait()
			call := int((*result)[1])
			if done, there := under[call]; there {
				info := balancer.DoneInfo{}
				if step.Fails != nil {
					info.Err = fmt.Errorf("failure")
				}
				done(info)
				delete(under, call)
			}
			answers = append(answers, nil)
			continue
		}
		sleepUntil(began, (*step.Send)[0])
		synctest.Wait()
		available := 0
		for range s.Settings.Replicas {
			picked, err := to.picker.Pick(balancer.PickInfo{})
			if err != nil {
				// What is ejected looks unhealthy to the balancer below.
				if !strings.Contains(err.Error(), "health check failure") {
					panic(err)
				}
				break
			}
			replica := picked.SubConn.(*connection).replica
			available |= 1 << replica
			if replica == int((*step.Send)[1]) {
				under[index] = picked.Done
			}
		}
		answers = append(answers, map[string]int{"available": available})
	}
	all.Close()
	synctest.Wait()
	return answers
}

func sleepUntil(began time.Time, at int64) {
	time.Sleep(time.Until(began.Add(time.Duration(at))))
}
