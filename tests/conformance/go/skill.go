// Package conformance is the conformance skill in Go.
package conformance

import (
	"context"
	crypto "crypto/rand"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"os"
	"regexp"
	"strings"
	"time"

	"metier"
	"metier/web"
	"metier/wit/metier_skill_artifacts"
	"metier/wit/metier_skill_progress"
	"metier/wit/metier_skill_resources"
	"metier/wit/metier_skill_types"
	wit "metier/wit/types"
	"metier/wit/wasi_config_store"
	"metier/wit/wasi_keyvalue_atomics"
	"metier/wit/wasi_keyvalue_store"
	"metier/wit/wasi_logging_logging"
)

func Greet(name string) string { return "Hello, " + name + "!" }

// FetchText goes through net/http, whose transport is metier:skill/fetch.
func FetchText(method, url string, body wit.Option[string]) (string, error) {
	var reader io.Reader
	if body.IsSome() {
		reader = strings.NewReader(body.Some())
	}
	request, err := http.NewRequestWithContext(context.Background(), method, url, reader)
	if err != nil {
		return "", metier.Errorf(metier.InvalidInput, "%v", err)
	}
	request.Header.Set("x-conformance", "yes")
	response, err := web.Client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return "", metier.Errorf(metier.Unavailable, "status %d", response.StatusCode)
	}
	text, err := io.ReadAll(response.Body)
	return string(text), err
}

// kept is the answer of a store, or its error as the specification says.
func kept[T any](answer wit.Result[T, wasi_keyvalue_store.Error]) (T, error) {
	if answer.IsOk() {
		return answer.Ok(), nil
	}
	var none T
	switch failure := answer.Err(); failure.Tag() {
	case wasi_keyvalue_store.ErrorNoSuchStore:
		return none, metier.Errorf(metier.NotFound, "no such store")
	case wasi_keyvalue_store.ErrorAccessDenied:
		return none, metier.Errorf(metier.Denied, "access denied")
	default:
		return none, metier.Errorf(metier.Unavailable, "%s", failure.Other())
	}
}

func KvGet(bucket, key string) (wit.Option[string], error) {
	opened, err := kept(wasi_keyvalue_store.Open(bucket))
	if err != nil {
		return wit.None[string](), err
	}
	value, err := kept(opened.Get(key))
	if err != nil || value.IsNone() {
		return wit.None[string](), err
	}
	return wit.Some(string(value.Some())), nil
}

func KvSet(bucket, key, value string) error {
	opened, err := kept(wasi_keyvalue_store.Open(bucket))
	if err == nil {
		_, err = kept(opened.Set(key, []byte(value)))
	}
	return err
}

func KvDelete(bucket, key string) error {
	opened, err := kept(wasi_keyvalue_store.Open(bucket))
	if err == nil {
		_, err = kept(opened.Delete(key))
	}
	return err
}

func KvExists(bucket, key string) (bool, error) {
	opened, err := kept(wasi_keyvalue_store.Open(bucket))
	if err != nil {
		return false, err
	}
	return kept(opened.Exists(key))
}

func KvIncrement(bucket, key string, delta uint64) (uint64, error) {
	opened, err := kept(wasi_keyvalue_store.Open(bucket))
	if err != nil {
		return 0, err
	}
	return kept(wasi_keyvalue_atomics.Increment(opened, key, delta))
}

func ConfigGet(key string) (wit.Option[string], error) {
	value := wasi_config_store.Get(key)
	if value.IsOk() {
		return value.Ok(), nil
	}
	failure := value.Err()
	if failure.Tag() == wasi_config_store.ErrorIo {
		return wit.None[string](), metier.Errorf(metier.Denied, "%s", failure.Io())
	}
	return wit.None[string](), metier.Errorf(metier.Denied, "%s", failure.Upstream())
}

func LogAll(message string) {
	for level := wasi_logging_logging.LevelTrace; level <= wasi_logging_logging.LevelCritical; level++ {
		wasi_logging_logging.Log(level, "conformance", message)
	}
}

// handed is what an artifact's step gave, or its error as the specification says.
func handed[T any](answer wit.Result[T, metier_skill_artifacts.ArtifactError]) (T, error) {
	if answer.IsOk() {
		return answer.Ok(), nil
	}
	var none T
	switch failure := answer.Err(); failure.Tag() {
	case metier_skill_artifacts.ArtifactErrorDenied:
		return none, metier.Errorf(metier.Denied, "%s", failure.Denied())
	case metier_skill_artifacts.ArtifactErrorTooLarge:
		return none, metier.Errorf(metier.Internal, "larger than %d bytes", failure.TooLarge())
	case metier_skill_artifacts.ArtifactErrorInvalid:
		return none, metier.Errorf(metier.InvalidInput, "%s", failure.Invalid())
	default:
		return none, metier.Errorf(metier.Unavailable, "%s", failure.Unavailable())
	}
}

func ArtifactPut(name, mediaType string, body []byte) (string, error) {
	artifact, err := handed(metier_skill_artifacts.Put(name, mediaType, body))
	return artifact.Digest, err
}

func ArtifactWrite(name, mediaType string, pieces [][]byte) (string, error) {
	writer, err := handed(metier_skill_artifacts.WriterCreate(name, mediaType))
	if err != nil {
		return "", err
	}
	for _, piece := range pieces {
		if _, err := handed(writer.Write(piece)); err != nil {
			return "", err
		}
	}
	artifact, err := handed(metier_skill_artifacts.WriterFinish(writer))
	return artifact.Digest, err
}

func ProgressReport(message string, fraction wit.Option[float64]) {
	metier_skill_progress.Report(message, fraction)
}

func ResourceList() []wit.Tuple2[string, uint64] {
	var list []wit.Tuple2[string, uint64]
	for _, entry := range metier_skill_resources.List() {
		list = append(list, wit.Tuple2[string, uint64]{F0: entry.Path, F1: entry.Size})
	}
	return list
}

func ResourceRead(path string, offset uint64, length uint32) wit.Option[[]byte] {
	return metier_skill_resources.Read(path, offset, length)
}

func FailWith(failure metier_skill_types.Error) error {
	switch failure.Tag() {
	case metier.InvalidInput:
		return metier.Errorf(metier.InvalidInput, "%s", failure.InvalidInput())
	case metier.Unauthorized:
		return metier.Errorf(metier.Unauthorized, "%s", failure.Unauthorized())
	case metier.Denied:
		return metier.Errorf(metier.Denied, "%s", failure.Denied())
	case metier.NotFound:
		return metier.Errorf(metier.NotFound, "%s", failure.NotFound())
	case metier.Conflict:
		return metier.Errorf(metier.Conflict, "%s", failure.Conflict())
	case metier.Unavailable:
		return metier.Errorf(metier.Unavailable, "%s", failure.Unavailable())
	case metier.RateLimited:
		limit := failure.RateLimited()
		wait := time.Duration(limit.RetryAfterSeconds.SomeOr(0)) * time.Second
		return &metier.Error{Kind: metier.RateLimited, Message: limit.Message, RetryAfter: wait}
	default:
		return metier.Errorf(metier.Internal, "%s", failure.Internal())
	}
}

//go:noinline
func deepInside(message string) {
	panic(message) // conformance: crash line
}

func Crash(message string) error {
	deepInside(message)
	return nil
}

func CrashPlain(message string) { deepInside(message) }

func Spin() {
	for {
	}
}

func Pause(milliseconds uint32) uint64 {
	start := time.Now()
	time.Sleep(time.Duration(milliseconds) * time.Millisecond)
	return uint64(time.Since(start).Milliseconds())
}

func RegexFind(pattern, text string) (bool, error) {
	compiled, err := regexp.Compile(pattern)
	if err != nil {
		return false, metier.Errorf(metier.InvalidInput, "%v", err)
	}
	return compiled.MatchString(text), nil
}

// held keeps what FillMemory made.
var held [][]byte

func FillMemory(mebibytes uint32) (uint32, error) {
	for range mebibytes {
		piece := make([]byte, 1<<20)
		for page := 0; page < len(piece); page += 4096 {
			piece[page] = 1
		}
		held = append(held, piece)
	}
	return mebibytes, nil
}

func RandomEveryday() string { return fmt.Sprint(rand.Int63()) }

func RandomSecure() []byte {
	bytes := make([]byte, 16)
	crypto.Read(bytes)
	return bytes
}

func TimeNow() uint64 { return uint64(time.Now().UnixMilli()) }

func PrintLines(out, err string) {
	fmt.Println(out)
	fmt.Fprintln(os.Stderr, err)
}

func Unlisted() string { return "it ran" }
