//! Versions that upkeep has made differences of are the same as whole ones, also to builds from before, and take less room.

use super::*;

/// Whole versions come at most once in so many; this is more than two of these.
const CHANGES: u64 = 600;

/// A recipe in a store, with all that it was.
pub(super) struct Kept<'a> {
    pub(super) store: &'a Store,
    pub(super) now: RecipeState,
    /// From its creation on, one for each revision.
    pub(super) was: Vec<Arc<Recipe>>,
}

impl<'a> Kept<'a> {
    pub(super) async fn create(store: &'a Store, id: &str) -> Self {
        let now = recipe_state(id, "ada");
        assert!(store.create(&now).await.unwrap());
        let was = vec![now.recipe.clone()];
        Self { store, now, was }
    }

    async fn change(&mut self, content: &str) {
        let id = format!("m{}", self.now.revision);
        let write = write(self.now.clone(), &[("ada", &id, content)]);
        assert!(write.accepted[0].changed, "{content}");
        let written = self.store.commit(std::slice::from_ref(&write)).await;
        assert_eq!(written.unwrap(), [true]);
        self.now = write.recipe_state;
        self.was.push(self.now.recipe.clone());
    }

    /// Changes of all kinds, after each of which the recipe is about as large as before.
    pub(super) async fn change_often(&mut self, times: u64) {
        for at in 0..times {
            let content = match at % 4 {
                0 => format!("change spice{}x to {} g", at * 7 % 20, at + 300),
                1 => format!("note on spice{}x: from Provençe, {at}", at * 3 % 20),
                2 => format!("title: Pie number {at}"),
                _ => format!("serves {}", at % 40 + 50),
            };
            self.change(&content).await;
        }
    }

    pub(super) async fn fill(&mut self, ingredients: usize, steps: usize) {
        for at in 0..ingredients {
            self.change(&format!("add {} g spice{at}x", at + 1)).await;
        }
        for at in 0..steps {
            let words: Vec<_> = (0..230)
                .map(|word| format!("w{:06}", at * 977 + word * 31))
                .collect();
            self.change(&format!("add step: Stir {}.", words.join(" ")))
                .await;
        }
    }

    async fn is_read_back(&self) {
        let (id, newest) = (&self.now.id, self.now.revision);
        for (at, was) in (0..).zip(&self.was) {
            let version = self.store.version(id, at).await.unwrap().unwrap();
            assert_eq!((version.0, &version.1), (at, was));
        }
        let some = [0, 1, 63, 255, 256, 257, newest];
        for from in some.into_iter().filter(|from| *from <= newest) {
            let read = self.store.versions(id, from, newest, usize::MAX).await;
            let (versions, upto) = read.unwrap();
            assert_eq!(upto, newest);
            let expected = (from..).zip(&self.was[usize::try_from(from).unwrap()..]);
            let found = versions.iter().map(|(at, recipe)| (*at, recipe));
            assert!(found.eq(expected), "from {from}");
            let (two, upto) = self.store.versions(id, from, newest, 1).await.unwrap();
            assert_eq!(two.len() as u64, 2.min(newest - from + 1));
            assert_eq!(upto, newest.min(from + 1));
        }
    }
}

/// Has everything compacted; tells how much that was.
pub(crate) async fn compact(store: &Store) -> Compacted {
    let mut all = Compacted::default();
    loop {
        let step = store.compact_versions().await.unwrap();
        if step == Compacted::default() {
            return all;
        }
        all.differences += step.differences;
        all.whole += step.whole;
    }
}

/// The first number that a statement gives.
async fn number(store: &Store, sql: &'static str) -> i64 {
    let rows = ask!(store, texts(sql, Vec::new(), 1)).unwrap();
    rows[0][0].parse().unwrap()
}

/// What a build from before reads.
async fn read_before(store: &Store, recipe: &str) -> Vec<Recipe> {
    const SQL: &str = "SELECT state FROM versions WHERE recipe = $1 ORDER BY revision";
    let rows = ask!(store, texts(SQL, vec![recipe.to_owned()], 1)).unwrap();
    let read = rows
        .iter()
        .map(|row| serde_json::from_str(&row[0]).unwrap());
    read.collect()
}

#[tokio::test]
async fn versions_are_what_they_were_and_one_of_256_is_whole() {
    Databases::each(async |store| {
        let mut pie = Kept::create(&store, "pie").await;
        let mut soup = Kept::create(&store, "soup").await;
        pie.fill(20, 0).await;
        soup.fill(20, 0).await;
        pie.change_often(CHANGES / 2).await;
        compact(&store).await;
        // What comes later refers to what was compacted before.
        pie.change_often(CHANGES / 2).await;
        soup.change_often(50).await;
        let compacted = compact(&store).await;

        assert_eq!(compacted.differences + compacted.whole, CHANGES / 2 + 50);
        pie.is_read_back().await;
        soup.is_read_back().await;
        const LONGEST: &str = "SELECT CAST(max(number) AS TEXT) FROM stored_versions";
        assert_eq!(number(&store, LONGEST).await, 255);
        const LATER: &str =
            "SELECT CAST(count(*) AS TEXT) FROM stored_versions WHERE base >= revision";
        assert_eq!(number(&store, LATER).await, 0);
        const WHOLE: &str = "SELECT CAST(count(*) AS TEXT) FROM stored_versions WHERE base IS NULL";
        // While a recipe is small, a change is most of it.
        let whole = number(&store, WHOLE).await;
        assert!((6..30).contains(&whole), "{whole}");
        assert_eq!(compact(&store).await, Compacted::default());
    })
    .await;
}

#[tokio::test]
async fn a_build_from_before_reads_writes_and_deletes_beside_this_one() {
    Databases::each(async |store| {
        let mut pie = Kept::create(&store, "pie").await;
        pie.fill(20, 0).await;
        pie.change_often(40).await;
        compact(&store).await;
        let read = read_before(&store, "pie").await;
        assert!(read.iter().eq(pie.was.iter().map(|recipe| &**recipe)));

        const ADD: &str =
            "INSERT INTO versions (recipe, revision, state) VALUES ($1, CAST($2 AS BIGINT), $3)";
        let revision = pie.now.revision + 1;
        let state = serde_json::to_string(&*pie.now.recipe).unwrap();
        let parameters = vec!["pie".to_owned(), revision.to_string(), state];
        ask!(&store, execute(vec![(ADD, parameters)])).unwrap();
        let found = store.version(&pie.now.id, revision).await.unwrap().unwrap();
        assert_eq!((found.0, &found.1), (revision, &pie.now.recipe));
        let compacted = compact(&store).await;
        assert_eq!((compacted.differences, compacted.whole), (1, 0));
        assert_eq!(
            read_before(&store, "pie").await.last(),
            Some(&*pie.now.recipe)
        );

        const DELETE: &str = "DELETE FROM versions WHERE recipe = $1";
        ask!(&store, execute(vec![(DELETE, vec!["pie".to_owned()])])).unwrap();
        assert_eq!(store.count_rows("stored_versions").await, 0);
    })
    .await;
}

#[tokio::test]
async fn two_replicas_may_compact_at_once() {
    Databases::each(async |store| {
        let mut pie = Kept::create(&store, "pie").await;
        pie.fill(20, 0).await;
        pie.change_often(200).await;
        tokio::join!(compact(&store), compact(&store), compact(&store));
        pie.is_read_back().await;
        const LEFT: &str =
            "SELECT CAST(count(*) AS TEXT) FROM stored_versions WHERE number IS NULL";
        assert_eq!(number(&store, LEFT).await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_difference_from_which_the_database_makes_something_else_is_not_kept() {
    Databases::each(async |store| {
        let mut pie = Kept::create(&store, "pie").await;
        pie.fill(2, 0).await;
        for difference in [r#"[[1,20],"x"]"#, "[]", r#"["another recipe"]"#] {
            let parameters = ["pie", "2", "1", difference, "1"].map(str::to_owned);
            let shrink = vec![(store.shrink(), parameters.to_vec())];
            ask!(&store, execute(shrink)).unwrap();
            const KEPT: &str =
                "SELECT CAST(count(*) AS TEXT) FROM stored_versions WHERE base IS NOT NULL";
            assert_eq!(number(&store, KEPT).await, 0, "{difference}");
        }
        pie.is_read_back().await;
    })
    .await;
}

#[tokio::test]
async fn a_version_whose_base_is_gone_is_an_error_and_not_another_recipe() {
    Databases::each(async |store| {
        let mut pie = Kept::create(&store, "pie").await;
        pie.fill(20, 0).await;
        pie.change_often(3).await;
        compact(&store).await;
        const LOSE: &str = "DELETE FROM stored_versions WHERE base IS NULL AND revision = \
                            (SELECT max(revision) FROM stored_versions WHERE base IS NULL)";
        ask!(&store, execute(vec![(LOSE, Vec::new())])).unwrap();

        let read = store.version(&pie.now.id, pie.now.revision).await;
        assert!(read.is_err(), "{read:?}");
        // And keeps nobody from compacting what comes later.
        pie.change("serves 7").await;
        let compacted = compact(&store).await;
        assert_eq!(compacted.differences + compacted.whole, 1);
        let read = store.version(&pie.now.id, pie.now.revision).await;
        assert_eq!(read.unwrap().unwrap().1, pie.now.recipe);
    })
    .await;
}

/// How many bytes a store has in use on the disk, of what grows with changes.
pub(super) async fn size(store: &Store) -> i64 {
    const SQLITE: &str = "SELECT CAST((page_count - freelist_count) * page_size AS TEXT) \
                          FROM pragma_page_count, pragma_freelist_count, pragma_page_size";
    const POSTGRES: &str = "SELECT CAST(sum(pg_total_relation_size(grows)) AS TEXT) \
                            FROM unnest(ARRAY['stored_versions', 'messages']::regclass[]) AS grows";
    match store {
        Store::Sqlite(_) => number(store, SQLITE).await,
        Store::Postgres(postgres) => {
            let vacuum =
                ["stored_versions", "messages"].map(|table| format!("VACUUM FULL {table}"));
            postgres.run(&vacuum).await;
            number(store, POSTGRES).await
        }
    }
}

#[tokio::test]
async fn a_change_takes_less_than_two_kilobytes_however_large_the_recipe_is() {
    // A usual one of 1.3 kB, one of 25 lines, one of as many ingredients as there may be, one of as many bytes.
    for (ingredients, steps) in [(15, 0), (25, 0), (200, 0), (200, 124)] {
        Box::pin(Databases::each(async |store| {
            let mut pie = Kept::create(&store, "pie").await;
            pie.fill(ingredients, steps).await;
            compact(&store).await;
            let before = size(&store).await;
            let changes = 256;
            for at in 0..changes {
                let which = at * 7 % ingredients;
                pie.change(&format!("change spice{which}x to {} g", at + 300))
                    .await;
            }
            compact(&store).await;
            let each = (size(&store).await - before) / changes as i64;
            let bytes = serde_json::to_string(&*pie.now.recipe).unwrap().len();
            println!("{each} bytes a change of a recipe of {bytes} bytes");
            assert!(each < 2_000, "{each} bytes");
            assert!(steps == 0 || bytes > 240_000, "{bytes}");
            let last = store.version(&pie.now.id, pie.now.revision - 1).await;
            assert_eq!(last.unwrap().unwrap().1, pie.was[pie.was.len() - 2]);
        }))
        .await;
    }
}
