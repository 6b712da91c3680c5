//! Calls for help, and for what was to be taken back.

use super::said::Said;

const HELP: &str = "Write what to change, for example \"add 2 cups flour\", \"change flour to 300 g\", \"replace milk with oat \
    milk\", \"remove sugar\", \"for 6 people\", \"convert to metric\", \"add step: Whisk the eggs.\" or \"undo\".";

pub(super) const CORRECTION: &str = "To correct the last change, write \"undo\", and then the change anew, as in \"change eggs to 3\".";

impl Said<'_> {
    pub(super) fn help_or_undo(&self) -> Option<String> {
        if self.has(&["meant"]) && self.words.len() <= 6 {
            return Some(CORRECTION.to_owned());
        }
        let brings_back = ["bring back", "put back", "restore"]
            .iter()
            .any(|phrase| self.begins(phrase));
        let said = self.said();
        if (brings_back && self.words.len() <= 4) || matches!(said, "put it back" | "bring it back")
        {
            return Some("To take back the last change, write \"undo\".".to_owned());
        }
        match said {
            "help" | "help me" | "commands" | "what can i say" | "what can you do" | "how does this work" | "what can i write"
            | "how do i use this" | "?" => Some(HELP.to_owned()),
            "nevermind" | "never mind" | "i take that back" | "scratch that" | "forget it" | "forget that" | "cancel"
            | "cancel that" | "ignore that" | "my mistake" | "i changed my mind" | "go back" | "that was wrong" | "wrong one"
            | "not that" | "undo that" | "undo it" | "undo" => {
                Some("To take back the last change, write \"undo\".".to_owned())
            }
            "reset" | "clear" | "clear the recipe" | "start over" | "clear everything" | "clear all" | "empty the recipe"
            | "start again" | "reset the recipe" | "delete the recipe" => Some(
                "To begin anew, write \"remove everything\" for the ingredients and \"remove all steps\" for the steps.".to_owned(),
            ),
            "metric" => Some("To turn all units, write \"convert to metric\".".to_owned()),
            "imperial" | "us units" | "american units" => {
                Some("To turn all units, write \"convert to US units\".".to_owned())
            }
            "save" | "print" | "share" | "save it" => None,
            _ => None,
        }
    }
}
