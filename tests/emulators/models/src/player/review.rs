//! The agent: one step after the other, each with the tool it needs, if that is offered.

use serde_json::{Value, json};

use super::deck;
use super::facts::Facts;
use super::story::Story;
use crate::answer::Answer;
use crate::question::Question;

/// How often what only reads or computes is tried.
const ATTEMPTS: usize = 2;

/// How every digest of a file begins, and the digits behind that.
const DIGEST: (&str, usize) = ("sha256:", 64);

/// A step, in the order of the agent's instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Query,
    Deck,
    Attach,
    Comment,
    Meeting,
}

impl Step {
    const ALL: [Step; 5] = [
        Step::Query,
        Step::Deck,
        Step::Attach,
        Step::Comment,
        Step::Meeting,
    ];

    /// How the tool's name ends.
    fn tool(self) -> &'static str {
        match self {
            Step::Query => "query",
            Step::Deck => "create",
            Step::Attach => "add-attachment",
            Step::Comment => "add-comment",
            Step::Meeting => "book-meeting",
        }
    }

    /// What changes something is never tried again: it may have happened.
    fn attempts(self) -> usize {
        match self {
            Step::Query | Step::Deck => ATTEMPTS,
            Step::Attach | Step::Comment | Step::Meeting => 1,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Step::Query => "I read the quarter's opportunities.",
            Step::Deck => "I make a deck of them.",
            Step::Attach => "I attach the deck to the issue.",
            Step::Comment => "I comment on the issue.",
            Step::Meeting => "I book the meeting.",
        }
    }
}

/// The next call, or the last words; none where this is no account review.
pub(super) fn next(question: &Question) -> Option<Answer> {
    let facts = Facts::of(question.prompt())?;
    let review = Review { question, facts };
    review.tool(Step::Query)?;
    let call = Step::ALL.into_iter().find_map(|step| {
        let tool = review.tool(step).filter(|tool| review.is_due(step, tool))?;
        let arguments = review.arguments(step)?;
        Some(Answer::call(step.words(), tool, &arguments))
    });
    Some(call.unwrap_or_else(|| Answer::text(review.last_words())))
}

struct Review<'q> {
    question: &'q Question,
    facts: Facts,
}

impl<'q> Review<'q> {
    /// `salesforce__query`: what follows the alias. Elsewhere names have `_` for `-`.
    fn tool(&self, step: Step) -> Option<&'q str> {
        let wanted = step.tool();
        let names = self.question.tools.iter().map(|tool| tool.name.as_str());
        let mut fitting = names.filter(|name| {
            let own = name.rsplit("__").next().unwrap_or(name);
            own == wanted || own.replace('_', "-") == wanted
        });
        fitting.next()
    }

    fn is_due(&self, step: Step, tool: &'q str) -> bool {
        let results: Vec<bool> = self
            .question
            .results(tool)
            .map(|(_, is_error)| is_error)
            .collect();
        results.iter().all(|is_error| *is_error) && results.len() < step.attempts()
    }

    /// The parts of the answer a step has had.
    fn answered(&self, step: Step) -> Option<&'q [String]> {
        let mut results = self.question.results(self.tool(step)?);
        results.find_map(|(parts, is_error)| (!is_error).then_some(parts))
    }

    fn story(&self) -> Option<Story> {
        self.answered(Step::Query)?
            .iter()
            .find_map(|part| Story::found_in(part))
    }

    /// The digest of the deck's file.
    fn deck(&self) -> Option<&'q str> {
        let (prefix, digits) = DIGEST;
        self.answered(Step::Deck)?.iter().find_map(|part| {
            let at = part.find(prefix)?;
            part.get(at..at + prefix.len() + digits)
        })
    }

    /// None where an earlier step has not brought what this one needs.
    fn arguments(&self, step: Step) -> Option<Value> {
        let facts = &self.facts;
        match step {
            Step::Query => Some(json!({ "soql": format!(
                "SELECT Name, Account.Name, Amount, StageName, CloseDate FROM Opportunity WHERE CloseDate >= {} AND CloseDate <= {} ORDER BY Amount DESC",
                facts.first, facts.last,
            ) })),
            Step::Deck => Some(deck::arguments(facts, &self.story()?)),
            Step::Attach => Some(json!({
                "issueIdOrKey": facts.issue.as_ref()?,
                "file": { "artifact": self.deck()?, "name": deck::file_name(facts) },
            })),
            Step::Comment => {
                let text = json!({ "type": "text", "text": self.story()?.summary });
                let paragraph = json!({ "type": "paragraph", "content": [text] });
                let document = json!({ "type": "doc", "version": 1, "content": [paragraph] });
                Some(json!({ "issueIdOrKey": facts.issue.as_ref()?, "body": { "body": document } }))
            }
            Step::Meeting => self.meeting(),
        }
    }

    fn meeting(&self) -> Option<Value> {
        let (start, end) = self.facts.meeting.as_ref()?;
        let people = self
            .facts
            .people
            .iter()
            .map(|address| json!({ "email": address }));
        let people: Vec<Value> = people.collect();
        Some(json!({
            "calendarId": "primary", "sendUpdates": "all",
            "summary": format!("Account review {}", self.facts.quarter),
            "start": { "dateTime": start }, "end": { "dateTime": end },
            "attendees": people,
        }))
    }

    /// The story, and what became of the issue and the meeting.
    fn last_words(&self) -> String {
        let Facts {
            quarter,
            issue,
            meeting,
            ..
        } = &self.facts;
        let story = match self.story() {
            Some(story) => format!("{quarter}: {}", story.summary),
            None => format!("The opportunities of {quarter} could not be read."),
        };
        let is_done = |step| self.answered(step).is_some();
        let issue = issue.as_deref().unwrap_or("the issue");
        let issue = match (is_done(Step::Attach), is_done(Step::Comment)) {
            (true, true) => format!("The deck and a comment are on {issue}."),
            (true, false) => format!("The deck is on {issue}, without a comment."),
            (false, true) => format!("A comment is on {issue}, without the deck."),
            (false, false) => format!("Nothing was added to {issue}."),
        };
        let meeting = match meeting.as_ref().filter(|_| is_done(Step::Meeting)) {
            Some((start, end)) => format!("The review is booked from {start} to {end}."),
            None => "No meeting is booked.".to_owned(),
        };
        format!("{story} {issue} {meeting}")
    }
}
