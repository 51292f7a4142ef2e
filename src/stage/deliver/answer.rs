//! The answer an attempt owes the stage. An attempt that ends in another way than by giving it, as by a defect of ours, is
//! reported nevertheless: its permit comes back and its offset does not wait for ever.

use tokio::sync::mpsc::UnboundedSender;

use super::Finished;
use super::core::Report;
use crate::kafka::record::Token;

/// What an attempt owes.
pub(super) struct Answer(Option<(UnboundedSender<Finished>, Token)>);

impl Answer {
    /// Owed under a token.
    pub(super) fn owed(to: UnboundedSender<Finished>, token: Token) -> Self {
        Self(Some((to, token)))
    }

    /// Gives it.
    pub(super) fn give(mut self, report: Report) {
        self.send(report);
    }

    fn send(&mut self, report: Report) {
        if let Some((to, token)) = self.0.take() {
            // When the stage has ended, the record is read again by the next owner.
            drop(to.send((token, report)));
        }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.send(Report::OurFault("the attempt broke off, by a defect of this program; please report it".into()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_attempt_that_breaks_off_is_reported_as_our_fault() {
        let (sender, mut reports) = tokio::sync::mpsc::unbounded_channel();
        let answer = Answer::owed(sender, Token(7));
        let broken = tokio::spawn(async move {
            let _owed = answer;
            assert_eq!(1 + 1, 3, "a defect");
        });
        assert!(broken.await.is_err());
        assert!(matches!(reports.recv().await, Some((Token(7), Report::OurFault(_)))));
    }
}
