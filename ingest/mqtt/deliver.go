package mqtt

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"
)

// keptItems is the most items for which a connection keeps memory while it has none, so that a burst of
// each of many clients does not stay.
const keptItems = 16

// publishAll hands what is queued to the handler and acknowledges it, until the queue is closed and empty
// or the handler fails. It publishes what was read from a client that is gone as well: its QoS 0 messages
// will not come again.
func (c *conn) publishAll(work context.Context) {
	var items []item
	var messages []Message
	var answers []byte
	deaf := false // the client took no answer in time, or is gone
	for {
		items = c.queue.take(items)
		if len(items) == 0 {
			return
		}
		messages = messages[:0]
		for i := range items {
			if items[i].isMessage {
				messages = append(messages, items[i].Message)
			}
		}
		if err := c.publish(work, messages); err != nil {
			c.fail(work, items, len(messages), err)
			return
		}
		clear(messages)
		// Only now (S7).
		answers = answers[:0]
		cost := 0
		for i := range items {
			if it := &items[i]; it.answer != 0 {
				answers = appendAnswer(answers, it.answer, it.id)
			}
			cost += items[i].cost
		}
		deaf = deaf || !c.write(answers)
		c.release(cost)
		if cap(items) > keptItems {
			items, messages, answers = nil, nil, nil
		}
	}
}

// publish has messages accepted and counts them.
func (c *conn) publish(work context.Context, messages []Message) error {
	if len(messages) == 0 {
		return nil
	}
	if err := c.s.handler.Publish(work, c.session, messages); err != nil {
		return err
	}
	m, now := c.s.metrics, time.Now()
	for i := range messages {
		m.messages[messageAccepted][messages[i].QoS].Add(1)
		m.seconds.Observe(now.Sub(messages[i].Received).Seconds())
	}
	return nil
}

// fail ends a connection whose messages were not accepted, about [failureDelay] later: the client will come
// back at once, with the same messages, and so will all others whose messages were not.
func (c *conn) fail(work context.Context, items []item, messages int, err error) {
	if skipped, ok := c.s.failures.Allow(); ok {
		c.s.o.Log.Warn("MQTT messages not accepted: they are not acknowledged and will come again",
			slog.Int("messages", messages), slog.Any("error", err), slog.Int("more", skipped))
	}
	c.end(endFailed)
	c.queue.close()
	for len(items) > 0 {
		for i := range items {
			c.drop(&items[i])
		}
		items = c.queue.take(items)
	}
	timer := time.NewTimer(jitter(failureDelay))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-work.Done():
	}
}

// jitter spreads d over half of it to one and a half.
func jitter(d time.Duration) time.Duration {
	return d/2 + rand.N(d)
}
