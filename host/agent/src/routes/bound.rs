//! The most a question can cost: what is reserved before it is asked.

use super::{Candidate, NanoDollars, PriceTable, Route};
use crate::models::{ModelRequest, Part};

/// Tokens a provider adds of its own: the frame around messages, and the instructions for tools, of which Anthropic's are
/// the longest known with 700.
pub const FRAME_TOKENS: u64 = 2_048;

impl Route {
    /// The most that asking this question can cost, whoever answers; none when a candidate has no price.
    ///
    /// Every token stands for at least one byte of text, so the bytes of the request bound its tokens; with pictures or
    /// documents in it, only the model's context does. An answer may be asked for again when it breaks off, and each may
    /// have to be paid.
    pub fn worst_case(&self, request: &ModelRequest, prices: &PriceTable) -> Option<NanoDollars> {
        let priced = self
            .candidates
            .iter()
            .filter(|candidate| prices.of(candidate).is_some());
        let each = priced.filter_map(|candidate| candidate.worst_case(request, prices));
        let dearest = each.max()?;
        Some(dearest.times(1 + u64::from(self.retry.broken_answers)))
    }
}

impl Candidate {
    /// The most that one answer of this candidate can cost; none when it has no price.
    pub fn worst_case(&self, request: &ModelRequest, prices: &PriceTable) -> Option<NanoDollars> {
        let price = prices.of(self)?;
        Some(price.worst_case(self.most_input(request), self.most_output(request)))
    }

    /// The most tokens the question can have.
    pub fn most_input(&self, request: &ModelRequest) -> u64 {
        match request.most_bytes() {
            Some(bytes) => self.context.min(bytes.saturating_add(FRAME_TOKENS)),
            None => self.context,
        }
    }

    /// The most tokens the answer can have.
    pub fn most_output(&self, request: &ModelRequest) -> u64 {
        request.max_tokens.unwrap_or(self.max_output).into()
    }
}

impl ModelRequest {
    /// The bytes of everything that is text; none when there is something else, whose tokens are anybody's guess.
    fn most_bytes(&self) -> Option<u64> {
        let parts = || self.messages.iter().flat_map(|message| &message.parts);
        let has_media = parts().any(|part| match part {
            Part::Image(_) | Part::Document(_) => true,
            Part::ToolResult(result) => result
                .content
                .iter()
                .any(crate::models::ResultPart::is_media),
            _ => false,
        });
        // The form's own JSON is longer than any format's frame for the same words.
        let bytes = serde_json::to_vec(self).map(|json| json.len() as u64);
        bytes.ok().filter(|_| !has_media)
    }

    /// How many tokens it likely has: four bytes to one, and pictures and documents left out.
    pub fn likely_tokens(&self) -> u64 {
        let parts = self.messages.iter().flat_map(|message| &message.parts);
        let bytes = parts.map(|part| match part {
            Part::Text { text } | Part::Refusal { text } => text.len(),
            Part::ToolCall(call) => call.arguments.to_text().len(),
            Part::ToolResult(result) => result
                .content
                .iter()
                .map(crate::models::ResultPart::text_bytes)
                .sum(),
            Part::Image(_) | Part::Document(_) | Part::Reasoning(_) => 0,
        });
        let tools = self
            .tools
            .iter()
            .map(|tool| tool.description.len() + tool.input_schema.to_string().len());
        (bytes.sum::<usize>() + tools.sum::<usize>()) as u64 / 4
    }
}
