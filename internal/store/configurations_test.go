package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"feedd/internal/store/storetest"
)

// TestConfigurations pushes versions one after the other, and two at once.
func TestConfigurations(t *testing.T) {
	storetest.Each(t, func(t *testing.T, address string) {
		s := open(t, address)
		ctx := t.Context()
		if _, err := s.Configuration(ctx, 0); !errors.Is(err, ErrNoConfiguration) {
			t.Errorf("before the first push: %v, want ErrNoConfiguration", err)
		}
		at := time.Date(2026, 3, 10, 8, 0, 0, 0, time.UTC)
		texts := []string{"site: {title: Một}\n", "site: {title: Hai}\n", strings.Repeat("# một dòng dài\n", 100_000)}
		for i, text := range texts {
			n, err := s.PushConfiguration(ctx, Configuration{Pushed: at.Add(time.Duration(i) * time.Hour), By: "chi@toa-soan", Note: fmt.Sprint("lần ", i+1), Text: []byte(text)}, int64(i))
			if err != nil || n != int64(i+1) {
				t.Fatalf("push %d: version %d, %v", i+1, n, err)
			}
		}
		for i, text := range texts {
			c, err := s.Configuration(ctx, int64(i+1))
			if err != nil || string(c.Text) != text || c.By != "chi@toa-soan" || c.Note != fmt.Sprint("lần ", i+1) || !c.Pushed.Equal(at.Add(time.Duration(i)*time.Hour)) {
				t.Errorf("version %d: %+v, %v", i+1, c, err)
			}
		}
		if c, err := s.Configuration(ctx, 0); err != nil || c.Version != 3 {
			t.Errorf("the newest is %d, %v", c.Version, err)
		}
		if _, err := s.Configuration(ctx, 7); !errors.Is(err, ErrNoConfiguration) {
			t.Errorf("version 7: %v, want ErrNoConfiguration", err)
		}

		// Of several who push after the same version, one does.
		errs := make(chan error)
		for range 4 {
			go func() {
				_, err := s.PushConfiguration(ctx, Configuration{Pushed: at, Text: []byte("x")}, 3)
				errs <- err
			}()
		}
		pushed := 0
		for range 4 {
			switch err := <-errs; {
			case err == nil:
				pushed++
			case !errors.Is(err, ErrPushed):
				t.Error("a push beside another:", err)
			}
		}
		if n, err := s.NewestConfiguration(ctx); pushed != 1 || n != 4 || err != nil {
			t.Errorf("%d of 4 pushes succeeded, and the newest is %d: %v", pushed, n, err)
		}

		for v := int64(4); v < keptConfigurations+2; v++ {
			if _, err := s.PushConfiguration(ctx, Configuration{Pushed: at, Text: []byte("y")}, v); err != nil {
				t.Fatal(err)
			}
		}
		list, err := s.Configurations(ctx)
		if err != nil || len(list) != keptConfigurations || list[0].Version != keptConfigurations+2 || list[len(list)-1].Version != 3 {
			t.Errorf("%d versions are kept, %v", len(list), err)
		}
	})
}
