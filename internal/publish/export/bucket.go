package export

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// bucket is an export to an S3 server.
type bucket struct {
	client *minio.Client
	name   string
	prefix string // "" or with a slash behind it
}

// openBucket reads s3://bucket/prefix. The server is that of AWS_ENDPOINT_URL_S3 or
// AWS_ENDPOINT_URL, else Amazon's; credentials come from the environment, the shared file of the
// AWS tools, or the machine's role.
func openBucket(dest string) (*bucket, error) {
	u, err := url.Parse(dest)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("%q names no bucket: write s3://bucket/prefix", dest)
	}
	endpoint := os.Getenv("AWS_ENDPOINT_URL_S3")
	if endpoint == "" {
		endpoint = os.Getenv("AWS_ENDPOINT_URL")
	}
	endpoint = cmp.Or(endpoint, "https://s3.amazonaws.com")
	e, err := url.Parse(endpoint)
	if err != nil || e.Host == "" || (e.Scheme != "http" && e.Scheme != "https") {
		return nil, fmt.Errorf("AWS_ENDPOINT_URL %q is no address of a server: write for example https://s3.example.org", endpoint)
	}
	region := os.Getenv("AWS_REGION")
	if region == "" {
		region = os.Getenv("AWS_DEFAULT_REGION")
	}
	client, err := minio.New(e.Host, &minio.Options{
		Creds: credentials.NewChainCredentials([]credentials.Provider{
			&credentials.EnvAWS{}, &credentials.FileAWSCredentials{}, &credentials.IAM{},
		}),
		Secure: e.Scheme == "https",
		Region: region,
	})
	if err != nil {
		return nil, fmt.Errorf("S3 server %s: %w", e.Host, err)
	}
	b := &bucket{client: client, name: u.Host, prefix: strings.Trim(u.Path, "/")}
	if b.prefix != "" {
		b.prefix += "/"
	}
	return b, nil
}

func (b *bucket) list(ctx context.Context) (map[string]bool, error) {
	there := map[string]bool{}
	for o := range b.client.ListObjects(ctx, b.name, minio.ListObjectsOptions{Prefix: b.prefix, Recursive: true}) {
		if o.Err != nil {
			return nil, o.Err
		}
		there[strings.TrimPrefix(o.Key, b.prefix)] = true
	}
	return there, ctx.Err()
}

func (b *bucket) read(ctx context.Context, name string) ([]byte, error) {
	o, err := b.client.GetObject(ctx, b.name, b.prefix+name, minio.GetObjectOptions{})
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(o)
	if minio.ToErrorResponse(err).Code == minio.NoSuchKey {
		err, body = nil, nil
	}
	return body, errors.Join(err, o.Close())
}

func (b *bucket) write(ctx context.Context, name string, f piece) error {
	_, err := b.client.PutObject(ctx, b.name, b.prefix+name, bytes.NewReader(f.body), int64(len(f.body)), minio.PutObjectOptions{
		ContentType: f.contentType, ContentEncoding: f.coding, CacheControl: f.cache,
		// In one piece, guarded by its MD5: sent in signed chunks, some servers keep "aws-chunked" in
		// the Content-Encoding and hand it to readers.
		DisableContentSha256: true, SendContentMd5: true,
	})
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func (b *bucket) remove(ctx context.Context, names []string) error {
	for _, name := range names {
		if err := b.client.RemoveObject(ctx, b.name, b.prefix+name, minio.RemoveObjectOptions{}); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// settle has nothing to do: an object that was put is kept.
func (b *bucket) settle(context.Context) error { return nil }
