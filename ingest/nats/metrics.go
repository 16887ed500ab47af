package nats

import (
	"github.com/nats-io/nats-server/v2/server"

	"hutong/internal/telemetry"
)

// What becomes of who asks to be let in.
const (
	connectAccepted = "accepted"
	connectRefused  = "refused"
)

// What becomes of a message.
const (
	messageAccepted = "accepted" // durable, or refused for good
	messageFailed   = "failed"   // a request that was told to come again: it could not be accepted
	messageBusy     = "busy"     // the same: there was no room
	messageDropped  = "dropped"  // it asked for no answer, and is lost
)

// kinds of messages.
const (
	kindRequest = "request"
	kindPlain   = "plain"
)

// What a client is told that it may not do.
const (
	mayNotPublish   = "publish"
	mayNotSubscribe = "subscribe"
)

// endings are the words for why a connection ended.
var endings = map[server.ClosedState]string{
	server.ClientClosed:                "closed",
	server.ReadError:                   "lost",
	server.WriteError:                  "lost",
	server.StaleConnection:             "silent",
	server.AuthenticationTimeout:       "silent",
	server.AuthenticationViolation:     "refused",
	server.TLSHandshakeError:           "tls",
	server.SlowConsumerPendingBytes:    "slow",
	server.SlowConsumerWriteDeadline:   "slow",
	server.ParseError:                  "malformed",
	server.ProtocolViolation:           "malformed",
	server.MsgHeaderViolation:          "malformed",
	server.MaxControlLineExceeded:      "malformed",
	server.BadClientProtocolVersion:    "malformed",
	server.NoRespondersRequiresHeaders: "malformed",
	server.MaxPayloadExceeded:          "too_large",
	server.MaxConnectionsExceeded:      "full",
	server.ServerShutdown:              "stopped",
}

// otherEnding is the word for all others.
const otherEnding = "other"

// metrics is what is counted.
type metrics struct {
	connects   *telemetry.Counts
	endings    *telemetry.Counts
	violations *telemetry.Counts
	accepted   map[bool]telemetry.Count // by whether it was a request
	failed     telemetry.Count
	busy       telemetry.Count
	dropped    telemetry.Count
	overrun    telemetry.Count
	broken     telemetry.Count
	seconds    telemetry.Histogram
}

// latencies are the buckets of the time from a message's receipt to its answer, in seconds.
var latencies = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}

func newMetrics(m *telemetry.Metrics) *metrics {
	messages := m.Counter("hutong_nats_messages_total",
		"Messages that came by NATS, by what became of them: failed and busy requests were told to come again, dropped messages asked for no answer and are lost.",
		"kind", "outcome")
	out := &metrics{
		connects:   m.Counter("hutong_nats_connects_total", "NATS clients that asked to be let in, by what they were told.", "outcome"),
		endings:    m.Counter("hutong_nats_endings_total", "NATS connections that ended, by why.", "reason"),
		violations: m.Counter("hutong_nats_violations_total", "What NATS clients asked for and may not do: publish or subscribe.", "what"),
		accepted:   map[bool]telemetry.Count{true: messages.With(kindRequest, messageAccepted), false: messages.With(kindPlain, messageAccepted)},
		failed:     messages.With(kindRequest, messageFailed),
		busy:       messages.With(kindRequest, messageBusy),
		dropped:    messages.With(kindPlain, messageDropped),
		overrun: m.Counter("hutong_nats_overruns_total",
			"NATS messages that were lost before it was known whether they asked for an answer, because the process could not keep up.").With(),
		broken: m.Counter("hutong_nats_breaks_total",
			"How often an account's connection within the process broke, because it did not keep up; it is made again.").With(),
		seconds: m.Histogram("hutong_nats_answer_seconds", "Time from a NATS message's receipt until it was accepted or refused.", latencies).With(),
	}
	for _, outcome := range []string{connectAccepted, connectRefused} {
		out.connects.With(outcome).Add(0)
	}
	for _, what := range []string{mayNotPublish, mayNotSubscribe} {
		out.violations.With(what).Add(0)
	}
	for _, reason := range endings {
		out.endings.With(reason).Add(0)
	}
	return out
}

// sample registers what is looked at when somebody asks.
func (s *Server) sample(m *telemetry.Metrics) {
	m.Sample("hutong_nats_clients", "NATS connections that are open.", nil, func(emit func(float64, ...string)) { emit(float64(s.clients())) })
	m.Sample("hutong_nats_queued_messages", "NATS messages that wait to be accepted.", nil, func(emit func(float64, ...string)) { emit(float64(s.waiting())) })
	m.Sample("hutong_nats_held_bytes", "Bytes of NATS messages that wait or are being accepted.", nil,
		func(emit func(float64, ...string)) { emit(float64(s.memory.used.Load())) })
}
