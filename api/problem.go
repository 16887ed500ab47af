package api

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// Code names a kind of problem for programs. Codes never change their meaning.
type Code string

// The codes. Each stands in kinds with its status and title.
const (
	CodeNotFound         Code = "not_found"
	CodeLayerNotFound    Code = "layer_not_found"
	CodeFeatureNotFound  Code = "feature_not_found"
	CodeArchiveNotFound  Code = "archive_not_found"
	CodeNoPast           Code = "past_not_kept"
	CodePastGone         Code = "past_gone"
	CodePastLarge        Code = "past_too_large"
	CodeSnapshotNotFound Code = "snapshot_not_found"
	CodeSnapshotGone     Code = "snapshot_gone"
	CodeSnapshotHidden   Code = "snapshot_hidden"
	CodeSnapshotExists   Code = "snapshot_exists"
	CodeSnapshotLimit    Code = "snapshot_limit"
	CodeSnapshotBroken   Code = "snapshot_broken"
	CodeTileRules        Code = "tile_rules_unknown"
	CodeArchiveBroken    Code = "archive_broken"
	CodeArchiveAway      Code = "archive_unavailable"
	CodeRangeInvalid     Code = "range_not_satisfiable"
	CodePrecondition     Code = "precondition_failed"
	CodeNotAcceptable    Code = "encoding_not_acceptable"
	CodeUnacceptable     Code = "not_acceptable"
	CodeTileOutOfRange   Code = "tile_out_of_range"
	CodeTileMalformed    Code = "tile_malformed"
	CodeParameterInvalid Code = "parameter_invalid"
	CodeFilterInvalid    Code = "filter_invalid"
	CodeMethodNotAllowed Code = "method_not_allowed"
	CodeBodyTooLarge     Code = "body_too_large"
	CodeBodyMalformed    Code = "body_malformed"
	CodeBodySlow         Code = "body_timeout"
	CodeMediaType        Code = "media_type_not_accepted"
	CodeRecordsRefused   Code = "records_refused"
	CodeSourceNotFound   Code = "source_not_found"
	CodeUnauthorized     Code = "unauthorized"
	CodeForbidden        Code = "forbidden"
	CodeExpired          Code = "token_expired"
	CodeAttempts         Code = "too_many_attempts"
	CodeRate             Code = "too_many_requests"
	CodeReadOnly         Code = "read_only"
	CodeUnavailable      Code = "unavailable"
	CodeErasure          Code = "erasure_incomplete"
	CodeCancelled        Code = "cancelled"
	CodeLoading          Code = "loading"
	CodeBusy             Code = "busy"
	CodeInternal         Code = "internal"
)

// statusClientClosed is what logs and metrics say of a request whose client went away. No client
// ever sees it.
const statusClientClosed = 499

type kind struct {
	status int
	title  string
}

var kinds = map[Code]kind{
	CodeNotFound:         {http.StatusNotFound, "Nothing at this path"},
	CodeLayerNotFound:    {http.StatusNotFound, "No such layer"},
	CodeArchiveNotFound:  {http.StatusNotFound, "No such archive"},
	CodeNoPast:           {http.StatusNotFound, "No past is kept of this"},
	CodePastGone:         {http.StatusGone, "Earlier than what is kept"},
	CodePastLarge:        {http.StatusInsufficientStorage, "The state is too large"},
	CodeSnapshotNotFound: {http.StatusNotFound, "No such snapshot"},
	CodeSnapshotGone:     {http.StatusGone, "The snapshot is gone"},
	CodeSnapshotHidden:   {http.StatusGone, "The snapshot has what is hidden now"},
	CodeSnapshotExists:   {http.StatusConflict, "The name is taken"},
	CodeSnapshotLimit:    {http.StatusConflict, "Too many snapshots"},
	CodeSnapshotBroken:   {http.StatusInternalServerError, "The snapshot is broken"},
	CodeTileRules:        {http.StatusNotImplemented, "Tiles are drawn by other rules"},
	CodeArchiveBroken:    {http.StatusInternalServerError, "The archive is broken"},
	CodeArchiveAway:      {http.StatusServiceUnavailable, "The archive cannot be read now"},
	CodeRangeInvalid:     {http.StatusRequestedRangeNotSatisfiable, "Range not satisfiable"},
	CodePrecondition:     {http.StatusPreconditionFailed, "Precondition failed"},
	CodeNotAcceptable:    {http.StatusNotAcceptable, "No acceptable encoding"},
	CodeUnacceptable:     {http.StatusNotAcceptable, "No acceptable media type"},
	CodeFeatureNotFound:  {http.StatusNotFound, "No such feature"},
	CodeTileOutOfRange:   {http.StatusNotFound, "No such tile"},
	CodeTileMalformed:    {http.StatusBadRequest, "Malformed tile address"},
	CodeParameterInvalid: {http.StatusBadRequest, "Invalid parameter"},
	CodeFilterInvalid:    {http.StatusBadRequest, "Invalid filter"},
	CodeMethodNotAllowed: {http.StatusMethodNotAllowed, "Method not allowed"},
	CodeBodyTooLarge:     {http.StatusRequestEntityTooLarge, "Request too large"},
	CodeBodyMalformed:    {http.StatusBadRequest, "Malformed body"},
	CodeBodySlow:         {http.StatusRequestTimeout, "The body came too slowly"},
	CodeMediaType:        {http.StatusUnsupportedMediaType, "Not a media type that is accepted"},
	CodeRecordsRefused:   {http.StatusUnprocessableEntity, "Records were refused"},
	CodeSourceNotFound:   {http.StatusNotFound, "No such source"},
	CodeUnauthorized:     {http.StatusUnauthorized, "A key is needed"},
	CodeForbidden:        {http.StatusForbidden, "The key is for something else"},
	CodeExpired:          {http.StatusUnauthorized, "The token has expired"},
	CodeAttempts:         {http.StatusTooManyRequests, "Too many unknown keys"},
	CodeRate:             {http.StatusTooManyRequests, "Too many requests"},
	CodeReadOnly:         {http.StatusServiceUnavailable, "Read-only"},
	CodeUnavailable:      {http.StatusServiceUnavailable, "Not available now"},
	CodeErasure:          {http.StatusInternalServerError, "The feature is not erased everywhere"},
	CodeCancelled:        {statusClientClosed, "The client went away"},
	CodeLoading:          {http.StatusServiceUnavailable, "Not ready yet"},
	CodeBusy:             {http.StatusServiceUnavailable, "Too busy"},
	CodeInternal:         {http.StatusInternalServerError, "Internal error"},
}

// problem is the body of an error (RFC 9457) with our code beside its members.
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Code   Code   `json:"code"`
	Detail string `json:"detail,omitempty"`
}

// Status returns the HTTP status of a code.
func (c Code) Status() int { return kinds[c].status }

// Problem returns the body of a problem with the members of more, as [RefuseWith] sends it, for an answer that
// does not go by HTTP. code is one of the codes.
func Problem(code Code, detail string, more any) []byte {
	// The type is a URN since there is no page for each code to link to.
	body, err := json.Marshal(problem{"urn:hutong:problem:" + string(code), kinds[code].title, kinds[code].status, code, detail})
	if err != nil {
		body = []byte(`{"status":500,"code":"internal"}`) // strings and ints always marshal
	}
	if more != nil {
		if members, err := json.Marshal(more); err == nil && len(members) > len("{}") && members[0] == '{' {
			body = append(append(body[:len(body)-1], ','), members[1:]...)
		}
	}
	return body
}

// Refuse answers with a problem. detail is one sentence for the developer who reads it: what was
// wrong with the request, never an internal message and never a private value.
func Refuse(w http.ResponseWriter, r *http.Request, code Code, detail string) {
	RefuseWith(w, r, code, detail, nil)
}

// RefuseWith is [Refuse] with more members in the problem (RFC 9457 §3.2): those of more, which is nil or
// marshals to a JSON object.
func RefuseWith(w http.ResponseWriter, r *http.Request, code Code, detail string, more any) {
	k, ok := kinds[code]
	if !ok {
		code, k, detail = CodeInternal, kinds[CodeInternal], ""
	}
	body := Problem(code, detail, more)
	h := w.Header()
	for _, name := range []string{"Content-Encoding", "ETag", HeaderDropped, HeaderFreshness} {
		h.Del(name)
	}
	if !isPrivate(h) {
		h.Set("Cache-Control", "no-store")
	}
	h.Set("Content-Type", "application/problem+json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(k.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the client went away: nobody is left to tell
	}
}
