//! What a skill asks of its run, between the sandbox and the driver.

use futures::future::BoxFuture;
use metier_agent::{
    ask,
    driver::{Asks, From, Wish},
    journal::{Outcome, Words},
};
use metier_core::{Code, Denial, Fault};
use metier_runtime::within::{PeerCall, PeerReply, Question, Reply, Unfulfilled, Within};

/// The run around one call.
pub(super) struct RunWithin(pub Asks);

impl Within for RunWithin {
    fn ask(&self, question: Question) -> BoxFuture<'_, Result<Reply, Unfulfilled>> {
        Box::pin(async move {
            let schema = question.schema.clone();
            let wish = Wish::Model {
                route: question.route,
                words: Words {
                    system: question.system,
                    prompt: question.prompt,
                    structured: question.schema.is_some(),
                    schema: question.schema,
                },
                max_tokens: question.max_tokens,
            };
            let outcome = self.0.wish(wish, From::default()).await.map_err(denied)?;
            let answer = match outcome {
                Outcome::Answer(answer) => answer,
                Outcome::NoAnswer(failure) => return Err(Unfulfilled::Failed(failure.fault())),
                other => return Err(failed(other)),
            };
            let words = answer.message.words();
            let text = match &schema {
                // A model may put its JSON between fences; the skill asked for JSON.
                Some(schema) => ask::output(Some(schema), &words)
                    .map(|value| value.to_string())
                    .map_err(|why| {
                        Unfulfilled::Failed(Fault::new(Code::ModelAnswerUnusable, why))
                    })?,
                None => words,
            };
            Ok(Reply {
                text,
                input_tokens: answer.usage.input,
                output_tokens: answer.usage.output,
            })
        })
    }

    fn call(&self, call: PeerCall) -> BoxFuture<'_, Result<PeerReply, Unfulfilled>> {
        Box::pin(async move {
            let from = From {
                caller: Some(call.caller),
                deadline: Some(call.deadline),
            };
            let wish = Wish::Tool {
                tool: call.tool,
                arguments: call.arguments,
            };
            match self.0.wish(wish, from).await.map_err(denied)? {
                Outcome::Output { value, artifacts } => Ok(PeerReply {
                    value,
                    files: artifacts,
                }),
                other => Err(failed(other)),
            }
        })
    }
}

fn denied(fault: Fault) -> Unfulfilled {
    let hint = fault.hint().to_owned();
    Unfulfilled::Denied(Denial::new(fault.code, fault.message).with_remedy(hint))
}

fn failed(outcome: Outcome) -> Unfulfilled {
    Unfulfilled::Failed(match outcome {
        Outcome::Fault { fault } => *fault,
        _ => Fault::new(
            Code::HostInternal,
            "The run answered something else than was asked.",
        ),
    })
}
