//! What is shown instead of a page.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderValue, Method, StatusCode, Uri, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use maud::html;
use metier_core::Fault;

use super::{layout, text};
use crate::{app::App, problem::Problem};

/// Why there is no page.
pub enum Failure {
    /// Nobody is logged in: where to go.
    Login(String),
    /// Something is wrong.
    Problem(Box<Problem>),
}

impl Failure {
    /// To the login, and back to where they were.
    pub fn login(method: &Method, uri: &Uri) -> Failure {
        let back = uri.path_and_query().map_or("", |path| path.as_str());
        match *method == Method::GET && is_page(back) && back != "/console" {
            true => Failure::Login(format!("/console/login?next={}", text::encoded(back))),
            false => Failure::Login("/console/login".to_owned()),
        }
    }
}

/// Whether somebody may be sent there after they logged in: to a page of the console and nowhere else.
pub fn is_page(path: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~:%?=&+".contains(&byte);
    let rest = path.strip_prefix("/console");
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
        && path.len() <= 1024
        && path.bytes().all(is_plain)
        && !path.contains("//")
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Failure {
        Failure::Problem(Box::new(problem))
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Failure {
        Problem::from(fault).into()
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let problem = match self {
            Failure::Login(to) => return Redirect::to(&to).into_response(),
            Failure::Problem(problem) => problem,
        };
        let (status, fault) = (problem.status(), problem.fault());
        let title = match status {
            StatusCode::NOT_FOUND => "Nothing is here",
            StatusCode::FORBIDDEN => "This may not be done",
            StatusCode::CONFLICT => "Something changed meanwhile",
            _ if status.is_client_error() => "This could not be read",
            _ => "Something went wrong",
        };
        let body = html! {
            section.failure {
                p.eyebrow { (status.as_u16()) " · " code { (fault.code.as_str()) } }
                h1 { (title) }
                p.lead { (text::shown(&fault.message)) }
                p { (text::shown(fault.hint())) }
                p { a.button href="/console" { "To the overview" } }
            }
        };
        let mut response = (status, layout::bare(title, body)).into_response();
        if let Some(wait) = fault.retry_after {
            let wait = HeaderValue::from(wait.as_secs().max(1));
            response.headers_mut().insert(header::RETRY_AFTER, wait);
        }
        response
    }
}

/// Something of a request that the API reads too; what is wrong with it is shown as a page.
pub struct Told<T>(pub T);

impl<T: FromRequestParts<Arc<App>, Rejection = Problem>> FromRequestParts<Arc<App>> for Told<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        Ok(Told(T::from_request_parts(parts, app).await?))
    }
}

#[cfg(test)]
mod tests {
    use super::is_page;

    #[test]
    fn nobody_is_sent_elsewhere() {
        for page in [
            "/console",
            "/console/runs?state=live&agent=a",
            "/console/skills/a%20b",
        ] {
            assert!(is_page(page), "{page}");
        }
        for other in [
            "",
            "/",
            "//evil.example",
            "/consoles",
            "/console//evil.example",
            "/console\\evil",
            "https://evil.example/console",
            "/console/\r\nset-cookie:x",
            "/console/<script>",
        ] {
            assert!(!is_page(other), "{other}");
        }
    }
}
