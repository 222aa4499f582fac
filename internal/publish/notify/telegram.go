package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	service "github.com/nicholas-fedor/shoutrrr/pkg/services/chat/telegram"
)

// telegram sends letters to chats of Telegram. shoutrrr reads the address; what it sends itself it takes for
// sent also where nobody answered (v0.13.2), and then the letter would be lost.
type telegram struct {
	service.Config
	client *http.Client
	// told are the chats that have the letter with this id: where one of several fails, the others do not get
	// it again.
	id   string
	told map[string]bool
}

func newTelegram(u *url.URL) (*telegram, error) {
	var s service.Service
	if err := s.Initialize(u, nil); err != nil {
		return nil, errors.New("its address is none of Telegram's: telegram://TOKEN@telegram?chats=CHAT")
	}
	return &telegram{Config: *s.Config, client: &http.Client{}}, nil
}

func (t *telegram) send(ctx context.Context, l *letter) error {
	if t.id != l.ID {
		t.id, t.told = l.ID, map[string]bool{}
	}
	for _, chat := range t.Chats {
		if t.told[chat] {
			continue
		}
		if err := t.tell(ctx, chat, l.short(shortText)); err != nil {
			return err
		}
		t.told[chat] = true
	}
	return nil
}

// tell calls sendMessage (https://core.telegram.org/bots/api#sendmessage).
func (t *telegram) tell(ctx context.Context, chat, text string) error {
	say := struct {
		Chat    string `json:"chat_id"`
		Thread  int    `json:"message_thread_id,omitempty"`
		Text    string `json:"text"`
		Silent  bool   `json:"disable_notification,omitempty"`
		Preview struct {
			Disabled bool `json:"is_disabled"`
		} `json:"link_preview_options"`
	}{Chat: chat, Text: text, Silent: !t.Notification}
	say.Preview.Disabled = !t.Preview
	if id, thread, ok := strings.Cut(chat, ":"); ok {
		if n, err := strconv.Atoi(thread); err == nil {
			say.Chat, say.Thread = id, n
		}
	}
	body, err := json.Marshal(say)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://api.telegram.org/bot"+t.Token+"/sendMessage", bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	res, err := t.client.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	var answer struct {
		OK          bool   `json:"ok"`
		Description string `json:"description"`
		Parameters  struct {
			RetryAfter int `json:"retry_after"` // seconds
		} `json:"parameters"`
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, 64<<10)).Decode(&answer); err != nil || !answer.OK {
		return &refusal{
			text:    fmt.Sprintf("Telegram answered %s %s", res.Status, line(answer.Description)),
			forGood: res.StatusCode/100 == 4 && res.StatusCode != http.StatusTooManyRequests,
			after:   time.Duration(min(max(answer.Parameters.RetryAfter, 0), 86400)) * time.Second,
		}
	}
	return nil
}
