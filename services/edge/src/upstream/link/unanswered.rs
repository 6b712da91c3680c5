//! The questions that a link has sent and that have no answer yet, in the order in which they were asked.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use proto::chat::{LinkRequest, answer::Result as Answered};

use super::{ChatError, Question};

#[derive(Debug, Default)]
pub(super) struct Unanswered(Mutex<Book>);

#[derive(Debug, Default)]
struct Book {
    last_number: u64,
    questions: BTreeMap<u64, Question>,
}

impl Unanswered {
    /// Keeps a question until it is answered; gives the request to send.
    pub(super) fn keep(&self, question: Question) -> LinkRequest {
        let mut book = self.lock();
        book.last_number += 1;
        let number = book.last_number;
        let request = request(number, &question);
        book.questions.insert(number, question);
        request
    }

    /// Hands an answer to whoever asked; one that nobody waits for any more is dropped.
    pub(super) fn answer(&self, number: u64, answer: Result<Answered, ChatError>) {
        let question = self.lock().questions.remove(&number);
        if let Some(question) = question {
            // Whoever asked may have given up.
            question.answer.send(answer).ok();
        }
    }

    /// The requests to send again over a new link, in order.
    pub(super) fn again(&self) -> Vec<LinkRequest> {
        self.forget_abandoned();
        self.lock()
            .questions
            .iter()
            .map(|(number, question)| request(*number, question))
            .collect()
    }

    /// Drops the questions whose askers have given up.
    pub(super) fn forget_abandoned(&self) {
        self.lock()
            .questions
            .retain(|_, question| !question.answer.is_closed());
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn request(number: u64, question: &Question) -> LinkRequest {
    LinkRequest {
        number,
        traceparent: question.traceparent.clone(),
        call: Some(question.call.clone()),
    }
}
