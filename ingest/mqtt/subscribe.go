package mqtt

// suback failure (§3.9.3).
const subscribeFailure = 0x80

// answerSubscribe checks a SUBSCRIBE (§3.8) or UNSUBSCRIBE (§3.10) and returns its answer: nothing can be
// had here, so each subscription fails, and there is none to end.
func answerSubscribe(b *body) ([]byte, error) {
	id := b.uint16("the packet identifier")
	if b.err == nil && id == 0 {
		b.fail("its packet identifier is 0")
	}
	filters := 0
	for b.err == nil && (len(b.rest) > 0 || filters == 0) {
		text := b.text("a topic filter")
		if b.err == nil {
			if _, err := ParseFilter(text); err != nil {
				b.fail("a topic filter is none")
			}
		}
		if b.kind == kindSubscribe && b.byte("a QoS") > 2 {
			b.fail("a QoS is above 2")
		}
		filters++
	}
	if b.err != nil {
		return nil, b.err
	}
	if b.kind == kindUnsubscribe {
		return appendAnswer(nil, kindUnsuback, id), nil
	}
	answer := []byte{byte(kindSuback) << 4}
	answer = appendLength(answer, 2+filters)
	answer = append(answer, byte(id>>8), byte(id))
	for range filters {
		answer = append(answer, subscribeFailure)
	}
	return answer, nil
}

// appendLength appends a remaining length (§2.2.3).
func appendLength(dst []byte, n int) []byte {
	for ; n > 0x7f; n >>= 7 {
		dst = append(dst, byte(n)|0x80)
	}
	return append(dst, byte(n))
}
