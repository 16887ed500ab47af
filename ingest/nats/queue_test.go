package nats

import "testing"

func TestQueue(t *testing.T) {
	t.Parallel()
	shared := &memory{limit: 100}
	q, other := newQueue(3, 60, shared), newQueue(3, 60, shared)
	m := func(cost int) Message { return Message{cost: cost} }
	for _, step := range []struct {
		name string
		q    *queue
		cost int
		want bool
	}{
		{"room", q, 50, true},
		{"beyond the account's bytes", q, 11, false},
		{"the rest of them", q, 10, true},
		{"beyond what all share", other, 41, false},
		{"the rest of that", other, 40, true},
		{"nothing is left", other, 1, false},
		{"a third message", q, 0, true},
		{"one too many", q, 0, false},
	} {
		if got := step.q.put(m(step.cost)); got != step.want {
			t.Errorf("%s: got %t, want %t", step.name, got, step.want)
		}
	}
	batch := q.take()
	if len(batch) != 3 {
		t.Fatalf("got %d messages, want 3", len(batch))
	}
	if q.put(m(1)) {
		t.Error("what the handler has does not count")
	}
	q.done(batch)
	if !q.put(m(60)) || q.waiting() != 1 {
		t.Error("what is done is not given back")
	}
	q.close()
	if q.put(m(0)) {
		t.Error("a closed queue takes messages")
	}
	if batch = q.take(); len(batch) != 1 {
		t.Errorf("got %d messages, want the one that was left", len(batch))
	}
	q.done(batch)
	if got := q.take(); len(got) != 0 {
		t.Errorf("got %d messages of an empty queue", len(got))
	}
	if got := shared.used.Load(); got != 40 {
		t.Errorf("%d bytes are held, want those of the other", got)
	}
}

// TestQueueBatches: no batch is longer than a call of the handler may be, and the order stays.
func TestQueueBatches(t *testing.T) {
	t.Parallel()
	q := newQueue(10_000, 1<<20, &memory{limit: 1 << 20})
	for i := range 2*maxBatch + 5 {
		q.put(Message{cost: i % 7, Subject: string(rune('a' + i%7))})
	}
	next := 0
	for _, want := range []int{maxBatch, maxBatch, 5} {
		batch := q.take()
		if len(batch) != want {
			t.Fatalf("got %d messages, want %d", len(batch), want)
		}
		for i := range batch {
			if batch[i].cost != next%7 {
				t.Fatalf("message %d is not in its order", next)
			}
			next++
		}
		q.done(batch)
	}
	if q.bytes != 0 || q.shared.used.Load() != 0 {
		t.Errorf("%d and %d bytes are held", q.bytes, q.shared.used.Load())
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	good := Options{Listen: "a:0", Accounts: []Account{{"a", []string{"x"}}}}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*Options){
		"listen":   func(o *Options) { o.Listen = "a" },
		"port":     func(o *Options) { o.Listen = "a:70000" },
		"clients":  func(o *Options) { o.MaxClients = -1 },
		"payload":  func(o *Options) { o.MaxPayload = MinPayload - 1 },
		"large":    func(o *Options) { o.MaxPayload = MaxPayload + 1 },
		"queue":    func(o *Options) { o.Queue = -1 },
		"memory":   func(o *Options) { o.Memory = 1 << 20 },
		"grace":    func(o *Options) { o.Grace = -1 },
		"twice":    func(o *Options) { o.Accounts = append(o.Accounts, o.Accounts[0]) },
		"nothing":  func(o *Options) { o.Accounts = []Account{{"a", nil}} },
		"subject":  func(o *Options) { o.Accounts = []Account{{"a", []string{"$x"}}} },
		"accounts": func(o *Options) { o.Accounts = make([]Account, MaxAccounts+1) },
	} {
		o := good
		o.Accounts = append([]Account(nil), good.Accounts...)
		change(&o)
		if err := o.Validate(); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
}
