package aggregate

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"feedd/internal/feed"
)

// counters are the wing's figures for /metrics.
type counters struct {
	fetches *prometheus.CounterVec
	items   *prometheus.CounterVec
	filed   *prometheus.CounterVec
	batch   prometheus.Histogram
	unsaved prometheus.Counter
}

// newCounters registers them with r unless that is nil; waiting is asked at every scrape.
func newCounters(r prometheus.Registerer, waiting func() (items, seconds float64)) *counters {
	c := &counters{
		fetches: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "feedd_fetches_total", Help: "Looks at sources, by outcome.",
		}, []string{"outcome"}),
		items: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "feedd_items_total", Help: "Items read from sources: new, updated, unchanged.",
		}, []string{"state"}),
		filed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "feedd_filed_total", Help: "Items the desk filed, by verdict.",
		}, []string{"verdict"}),
		batch: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "feedd_desk_batch_seconds", Help: "Time to decide about and commit one batch.",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 8),
		}),
		unsaved: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "feedd_save_failures_total", Help: "Saves that failed: of what sources brought, of their states, of what the desk decided.",
		}),
	}
	if r != nil {
		r.MustRegister(c.fetches, c.items, c.filed, c.batch, c.unsaved,
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{
				Name: "feedd_desk_inbox_items", Help: "Items that wait for the desk.",
			}, func() float64 { n, _ := waiting(); return n }),
			prometheus.NewGaugeFunc(prometheus.GaugeOpts{
				Name: "feedd_desk_lag_seconds", Help: "How long the oldest item in the inbox has waited.",
			}, func() float64 { _, s := waiting(); return s }))
	}
	return c
}

func (c *counters) fetched(r Report) {
	c.fetches.WithLabelValues(r.Status).Inc()
	c.items.WithLabelValues("new").Add(float64(r.New))
	c.items.WithLabelValues("updated").Add(float64(r.Updated))
	c.items.WithLabelValues("unchanged").Add(float64(r.Unchanged))
}

func (c *counters) decided(items []feed.Item, took time.Duration) {
	c.batch.Observe(took.Seconds())
	for i := range items {
		v := string(items[i].Verdict)
		if items[i].Dropped != "" {
			v = "dropped"
		}
		c.filed.WithLabelValues(v).Inc()
	}
}
