package mqtt

import (
	"hutong/internal/telemetry"
)

// What becomes of a connection that asks to be let in.
const (
	connectAccepted   = "accepted"
	connectRefused    = "refused"    // CONNACK 5
	connectVersion    = "version"    // CONNACK 1
	connectIdentifier = "identifier" // CONNACK 2
	connectFull       = "full"       // CONNACK 3, or closed where even that would be too much
	connectMalformed  = "malformed"
	connectLost       = "lost" // closed, or silent for too long
)

// ending is why a connection ended that had been let in.
type ending string

const (
	endDisconnect ending = "disconnect" // the client said so
	endLost       ending = "lost"       // it did not
	endSilent     ending = "silent"     // beyond its keep-alive, or Options.MaxSilence
	endSlow       ending = "slow"       // a packet or an answer took too long
	endMalformed  ending = "malformed"
	endFailed     ending = "failed"     // the handler did not take its messages
	endTakenOver  ending = "taken_over" // by another with its client identifier (§3.1.4)
	endStopped    ending = "stopped"
)

// What becomes of a message.
const (
	messageAccepted = "accepted"
	messageFailed   = "failed"  // QoS 1 or 2, not acknowledged: it will come again
	messageDropped  = "dropped" // QoS 0, and the handler failed: it is lost
)

var qosNames = [3]string{"0", "1", "2"}

// metrics is what is counted.
type metrics struct {
	clients     telemetry.Gauge
	memory      telemetry.Gauge
	connects    *telemetry.Counts
	endings     *telemetry.Counts
	messages    map[string][3]telemetry.Count // by outcome and QoS
	cut         telemetry.Count
	waitsQueue  telemetry.Count
	waitsMemory telemetry.Count
	acceptFails telemetry.Count
	seconds     telemetry.Histogram
}

// latencies are the buckets of the time from a message's receipt to its acknowledgement, in seconds.
var latencies = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}

func newMetrics(m *telemetry.Metrics) *metrics {
	messages := m.Counter("hutong_mqtt_messages_total",
		"Messages that came by MQTT, by what became of them: failed ones were not acknowledged, dropped ones had QoS 0 and are lost.",
		"qos", "outcome")
	waits := m.Counter("hutong_mqtt_waits_total",
		"How often reading from an MQTT client stopped because a bound was reached: its queue, or the memory that all share.",
		"for")
	out := &metrics{
		clients: m.Gauge("hutong_mqtt_clients", "MQTT connections that are open.").With(),
		memory:  m.Gauge("hutong_mqtt_buffered_bytes", "Bytes of MQTT messages that are read and not yet accepted.").With(),
		connects: m.Counter("hutong_mqtt_connects_total",
			"MQTT connections that asked to be let in, by what they were told.", "outcome"),
		endings: m.Counter("hutong_mqtt_endings_total",
			"MQTT connections that were let in and ended, by why.", "reason"),
		messages: map[string][3]telemetry.Count{},
		cut: m.Counter("hutong_mqtt_cut_messages_total",
			"MQTT messages longer than the longest packet, of which only the beginning was kept.").With(),
		waitsQueue:  waits.With("queue"),
		waitsMemory: waits.With("memory"),
		acceptFails: m.Counter("hutong_mqtt_accept_errors_total",
			"How often the system gave no new MQTT connection, for example because too many files are open.").With(),
		seconds: m.Histogram("hutong_mqtt_acknowledge_seconds",
			"Time from an MQTT message's receipt until the handler had accepted it.", latencies).With(),
	}
	for _, outcome := range []string{messageAccepted, messageFailed, messageDropped} {
		var counts [3]telemetry.Count
		for qos := range counts {
			counts[qos] = messages.With(qosNames[qos], outcome)
		}
		out.messages[outcome] = counts
	}
	return out
}

// lost counts a message that is not acknowledged.
func (m *metrics) lost(qos byte) {
	if qos == 0 {
		m.messages[messageDropped][0].Add(1)
		return
	}
	m.messages[messageFailed][qos].Add(1)
}
