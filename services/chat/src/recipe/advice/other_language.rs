//! Commands in other languages than the one that is read.

use super::said::Said;
use crate::recipe::word_list::WordList;

const OTHER_LANGUAGE: &str = "Commands are read in English only; for example \"add 200 g flour\", \"remove sugar\", \"double \
    it\" or \"undo\".";

static COMMANDS: WordList = WordList::new(
    "füge hinzu hinzufügen verdopple verdoppeln halbiere entferne entfernen weglassen lösche löschen \
    ersetze ersetzen ändere rückgängig statt ohne personen bitte nimm mach doppelte mehl zucker eier ajoute ajouter \
    ajoutez enlève enlever retire retirer supprime supprimer remplace remplacer doubler annule annuler sans personnes \
    recette moins œufs oeufs farine añade añadir agrega agregar quita quitar elimina eliminar duplica duplicar deshacer \
    cambia cambiar sustituye reemplaza personas receta huevos azúcar harina aggiungi aggiungere togli togliere rimuovi \
    raddoppia sostituisci annulla persone senza ricetta uova zucchero farina voeg verwijder verdubbel vervang zonder \
    personen toe adicione adicionar adicona remova dobre pessoas ovos açúcar receita lägg ta_bort utan dubbla tilsæt \
    dodaj usuń добавь убери удвой",
);

impl Said<'_> {
    pub(super) fn in_another_language(&self) -> Option<String> {
        let commands = |word: &&String| COMMANDS.contains(word);
        let first = self.words.iter().take(2).filter(commands).count();
        let all = self.words.iter().filter(commands).count();
        let foreign_script = self
            .content
            .chars()
            .filter(|c| c.is_alphabetic())
            .all(|c| !c.is_ascii())
            && self.content.chars().filter(|c| c.is_alphabetic()).count() > 3;
        let is_food = self.begins("add") || self.begins("replace");
        let found = !is_food
            && (first > 0 || all > 1 || (all > 0 && self.words.len() <= 4) || foreign_script);
        found.then(|| OTHER_LANGUAGE.to_owned())
    }
}
