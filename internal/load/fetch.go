package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"hutong/internal/compress"
	"hutong/tiles/grid"
)

// tile asks for a tile unless it is still the one with an ETag, as a browser does, and returns its ETag and its
// bytes, decompressed.
func (f *follower) tile(ctx context.Context, t grid.Tile, tag string) (status int, newTag string, body []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.tiles.URL(t), nil)
	if err != nil {
		return 0, "", nil, err
	}
	req.Header.Set("Accept-Encoding", "gzip")
	if tag != "" {
		req.Header.Set("If-None-Match", tag)
	}
	res, err := f.client.Do(req)
	if err != nil {
		return 0, "", nil, err
	}
	body, err = io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err = errors.Join(err, res.Body.Close()); err == nil && len(body) > maxAnswer {
		err = fmt.Errorf("load: an answer of more than %d bytes", maxAnswer)
	}
	if err == nil && res.Header.Get("Content-Encoding") == "gzip" && len(body) > 0 {
		body, err = compress.GunzipWithin(nil, body, maxAnswer)
	}
	return res.StatusCode, res.Header.Get("ETag"), body, err
}
