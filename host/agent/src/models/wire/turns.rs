//! A conversation as strictly alternating turns, for formats that know only user and model.

use serde_json::Value;

use super::Unfit;
use crate::models::{Message, ModelRequest, Role};

/// A conversation's two halves.
pub struct Turns {
    /// What the system says, message by message, without empty ones.
    pub system: Vec<String>,
    /// Role and blocks. All results of one turn of tools stand in the one turn that follows it, before any words.
    pub turns: Vec<(&'static str, Vec<Value>)>,
}

/// Puts a conversation into turns; messages of which nothing is left vanish.
pub fn turns(
    request: &ModelRequest,
    assistant: &'static str,
    blocks: impl Fn(&Message) -> Result<Vec<Value>, Unfit>,
) -> Result<Turns, Unfit> {
    let (mut system, mut turns): (Vec<String>, Vec<(&'static str, Vec<Value>)>) =
        Default::default();
    for message in &request.messages {
        if message.role == Role::System {
            system.extend(Some(message.words()).filter(|words| !words.is_empty()));
            continue;
        }
        let role = if message.role == Role::Assistant {
            assistant
        } else {
            "user"
        };
        let blocks = blocks(message)?;
        match turns.last_mut() {
            Some((last, turn)) if *last == role => turn.extend(blocks),
            _ if blocks.is_empty() => {}
            _ => turns.push((role, blocks)),
        }
    }
    Ok(Turns { system, turns })
}
