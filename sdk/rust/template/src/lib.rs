wit_bindgen::generate!({ path: "wit", generate_all });

use metier::skill::fetch::{FetchError, Request, fetch};

struct Skill;

impl Guest for Skill {
    fn greet(name: String) -> Result<String, Error> {
        let name = name.trim();
        if name.is_empty() {
            return Err(Error::InvalidInput("Say whom to greet, such as `Ada`.".into()));
        }
        Ok(format!("Hello, {name}!"))
    }

    fn zen() -> Result<String, Error> {
        let answer = fetch(&Request {
            method: "GET".into(),
            url: "https://api.github.com/zen".into(),
            headers: vec![("user-agent".into(), "{{name}}".into())],
            body: None,
            timeout_ms: Some(10_000),
            follow_redirects: 0,
        })
        .map_err(unreached)?;
        match answer.status {
            200 => Ok(String::from_utf8_lossy(&answer.body).into_owned()),
            403 | 429 => Err(Error::Unavailable("GitHub wants fewer requests; try again in an hour.".into())),
            status => Err(Error::Unavailable(format!("GitHub answered {status}."))),
        }
    }
}

/// Why there was no answer. The host says which rule is missing when it refused.
fn unreached(error: FetchError) -> Error {
    match error {
        FetchError::Denied(denial) => Error::Denied(denial.message),
        FetchError::InvalidRequest(why) => Error::Internal(why),
        FetchError::Timeout(why) | FetchError::Unreachable(why) => Error::Unavailable(why),
        FetchError::TooLarge(limit) => Error::Unavailable(format!("GitHub's answer is over {limit} bytes.")),
    }
}

export!(Skill);
