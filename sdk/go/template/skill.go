package skill

import (
	"io"
	"net/http"

	"metier"
	"metier/web"
)

func Greet(name string) (string, error) {
	if name == "" {
		return "", metier.Errorf(metier.InvalidInput, "give a name to greet")
	}
	return "Hello, " + name + "!", nil
}

func Zen() (string, error) {
	response, err := web.Client.Get("https://api.github.com/zen")
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return "", metier.Status(response.StatusCode, "GitHub's zen")
	}
	line, err := io.ReadAll(response.Body)
	return string(line), err
}
