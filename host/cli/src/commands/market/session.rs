//! The markets a command asks, each trusted by somebody's yes.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    io::{BufRead, IsTerminal, Read},
    rc::Rc,
    sync::Arc,
    time::SystemTime,
};

use metier_core::{Code, Fault, SkillName};
use metier_market::{
    client::{
        Carried, Client, ClientError, Directory, Http, Kept, Network, Stranger, Token, fingerprint,
        meet, trust, trusted,
    },
    index::{Address, Markets},
    log::Witness,
    revoked::{Accepted, List},
    trust::Moment,
};

use super::{
    keys,
    place::{Places, Where},
};
use crate::{
    args::market_client::{KeyFile, Place},
    commands::App,
    errors::{Failure, sentence},
    text,
};

/// Longest answer to a question, in bytes.
const MAX_ANSWER: u64 = 64;

/// What a command says to markets, and asks people.
pub struct Session<'a> {
    /// What every command has.
    pub app: &'a App,
    places: Places,
    place: &'a Place,
    /// Nothing is kept of what is learnt.
    is_dry: bool,
    clients: RefCell<BTreeMap<Where, Client>>,
    seen: RefCell<BTreeMap<Where, Rc<Seen>>>,
}

/// A market as it was seen by this command: its log and its list are asked for once.
pub struct Seen {
    /// The market.
    pub client: Client,
    /// Its log.
    pub witness: Witness,
    /// What is revoked.
    pub list: List,
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        error.fault().into()
    }
}

/// Now, by this machine.
pub fn now() -> Moment {
    SystemTime::now().into()
}

/// The same in seconds since 1970.
pub fn seconds() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.unwrap_or_default().as_secs()
}

impl<'a> Session<'a> {
    /// For this command.
    ///
    /// # Errors
    /// When an address is none.
    pub fn new(app: &'a App, place: &'a Place) -> Result<Self, Failure> {
        Ok(Session {
            app,
            places: Places::of(app, place)?,
            place,
            is_dry: false,
            clients: RefCell::default(),
            seen: RefCell::default(),
        })
    }

    /// The same for a dry run: nothing on this machine is changed.
    ///
    /// # Errors
    /// As [`Session::new`].
    pub fn dry(app: &'a App, place: &'a Place) -> Result<Self, Failure> {
        let session = Session::new(app, place)?;
        let is_dry = true;
        Ok(Session { is_dry, ..session })
    }

    /// The market of a skill, with its log and what it revoked.
    ///
    /// # Errors
    /// As [`Session::market_of`]; when the log or the list is not what it should be.
    pub async fn seen(&self, name: &SkillName) -> Result<Rc<Seen>, Failure> {
        let place = self.places.of_skill(name)?;
        if let Some(seen) = self.seen.borrow().get(place) {
            return Ok(seen.clone());
        }
        let client = self.open(place).await?;
        let (witness, list) = tokio::join!(client.advance(), client.revocations(now()));
        let (witness, list) = (witness?, self.fresh(list?));
        let seen = Rc::new(Seen {
            client,
            witness,
            list,
        });
        let kept = seen.clone();
        self.seen.borrow_mut().insert(place.clone(), kept);
        Ok(seen)
    }

    /// An expired list is used, and said.
    pub fn fresh(&self, accepted: Accepted) -> List {
        if let Accepted::Expired(list) = &accepted {
            self.app.printer.warn(&format!(
                "the revocation list is from {} and should have been replaced by {}: what was revoked since, nobody here knows",
                list.issued(),
                list.expires()
            ));
        }
        accepted.list().clone()
    }

    /// The market this skill comes from.
    ///
    /// # Errors
    /// When nobody says which, or nobody trusts it.
    pub async fn market_of(&self, name: &SkillName) -> Result<Client, Failure> {
        self.open(self.places.of_skill(name)?).await
    }

    /// The market that is asked where no skill is named.
    ///
    /// # Errors
    /// As [`Session::market_of`].
    pub async fn market(&self) -> Result<Client, Failure> {
        self.open(self.places.of_all()?).await
    }

    /// Every market that is configured, for locks. Each is trusted first.
    ///
    /// # Errors
    /// As [`Session::market_of`].
    pub async fn markets(&self) -> Result<Markets, Failure> {
        let mut markets = match &self.places.default {
            Some(place) => Markets::only(self.open(place).await?.market().clone()),
            None => Markets::default(),
        };
        for (namespace, place) in &self.places.namespaces {
            let market = self.open(place).await?.market().clone();
            markets = markets.with(namespace.clone(), market);
        }
        Ok(markets)
    }

    async fn open(&self, place: &Where) -> Result<Client, Failure> {
        if let Some(client) = self.clients.borrow().get(place) {
            return Ok(client.clone());
        }
        let client = self.opened(place).await?;
        let kept = client.clone();
        self.clients.borrow_mut().insert(place.clone(), kept);
        Ok(client)
    }

    async fn opened(&self, place: &Where) -> Result<Client, Failure> {
        let folder = self.app.folders.markets()?;
        let (http, address): (Arc<dyn Http>, Address) = match place {
            Where::Address(address) => {
                let network = Network::new(address.clone());
                let network = network.map_err(|error| host(&error.to_string()))?;
                (Arc::new(network), address.clone())
            }
            Where::Directory(folder) => {
                let directory = Directory::new(folder);
                let root = directory.root()?;
                let address = root.address.as_str().parse().map_err(ClientError::from)?;
                (Arc::new(directory), address)
            }
            Where::Registry(place) => {
                let remote = Arc::new(super::place::registry(self.app, place)?);
                let carried = Carried::open(remote).await?;
                let address = carried.root()?.address;
                let address = address.as_str().parse().map_err(ClientError::from)?;
                (Arc::new(carried), address)
            }
        };
        let kept = Kept::of(&folder, &address);
        let kept = if self.is_dry { kept.dry()? } else { kept };
        let known = trusted(&kept)?;
        let root = match known {
            // A mirror came from who knows where; the market's own address is asked for its root once.
            Some(known) if !matches!(place, Where::Address(_)) => {
                let stranger = meet(&*http, &address).await?;
                if stranger.root != known {
                    trust(&kept, &stranger)?;
                }
                known
            }
            Some(known) => known,
            None => self.first_time(&*http, &kept, &address).await?.root,
        };
        Ok(Client::new(http, root, kept)?)
    }

    async fn first_time(
        &self,
        http: &dyn Http,
        kept: &Kept,
        address: &Address,
    ) -> Result<Stranger, Failure> {
        let stranger = meet(http, address).await?;
        let shown = fingerprint(&stranger.root);
        match self.place.fingerprint {
            Some(wanted) if wanted == shown => {}
            Some(wanted) => {
                let message =
                    format!("The market at {address} has the fingerprint {shown}, not {wanted}.");
                return Err(Fault::new(Code::SkillUnverified, message)
                    .with_hint("Do not trust it: ask its operator by another way.")
                    .into());
            }
            None => {
                self.app.printer.note(&format!(
                    "The market at {address} is not known here. Its fingerprint is\n  {shown}\nCompare it with what its operator publishes."
                ));
                self.ask("Trust it from now on?", "--fingerprint SHA256 or --yes")?;
            }
        }
        trust(kept, &stranger)?;
        Ok(stranger)
    }

    /// The token of whoever is logged in. One that has ended is got anew by the publisher's key: nobody has to notice.
    ///
    /// # Errors
    /// When nobody is, or the account has another key.
    pub async fn token(&self, client: &Client) -> Result<Token, Failure> {
        let address = &client.market().address;
        let Some(last) = client.last_token() else {
            let message = format!("Nobody is logged in at {address}.");
            return Err(not_logged_in(message, "NAME"));
        };
        if client.is_good(&last, now()).await? {
            return Ok(last);
        }
        let ended = |account: &str, why: &str| {
            let message = format!("The login at {address} has ended{why}.");
            not_logged_in(message, account)
        };
        let account = last.account.ok_or_else(|| ended("NAME", ""))?;
        let key = keys::read(self.app, &KeyFile::default());
        let key =
            key.map_err(|_| ended(account.as_str(), ", and its key is not in the usual place"))?;
        let renewed = client.login(&account, &key).await;
        renewed.map_err(|error| match error {
            ClientError::Refused(fault) => ended(
                account.as_str(),
                &format!(": {}", fault.message.trim_end_matches('.')),
            ),
            other => other.into(),
        })
    }

    /// Asks a person; a no ends the command.
    ///
    /// # Errors
    /// On no, and where nobody is there to ask.
    pub fn ask(&self, question: &str, instead: &str) -> Result<(), Failure> {
        match self.agrees(question)? {
            Some(true) => Ok(()),
            Some(false) => Err(Fault::new(Code::Cancelled, "Nothing was done.")
                .with_hint("Nobody said yes.")
                .into()),
            None => Err(Failure::usage(
                format!("{question} Nobody is there to say yes."),
                format!("Run it on a terminal, or say so with {instead}."),
            )),
        }
    }

    /// What a person says; nothing where none is there.
    ///
    /// # Errors
    /// When the terminal cannot be read.
    pub fn agrees(&self, question: &str) -> Result<Option<bool>, Failure> {
        if self.place.yes {
            return Ok(Some(true));
        }
        let stdin = std::io::stdin();
        if !stdin.is_terminal() {
            return Ok(None);
        }
        self.app
            .printer
            .error(&format!("{} [y/N]", text::one_line(question)));
        let mut line = String::new();
        let read = stdin.lock().take(MAX_ANSWER).read_line(&mut line);
        read.map_err(|error| host(&format!("the terminal cannot be read: {error}")))?;
        let said = line.trim().to_ascii_lowercase();
        Ok(Some(said == "y" || said == "yes"))
    }
}

fn not_logged_in(message: String, account: &str) -> Failure {
    Fault::new(Code::Unauthenticated, message)
        .with_hint(format!("metier login --account {account}"))
        .into()
}

fn host(message: &str) -> Failure {
    Fault::new(Code::HostInternal, sentence(message)).into()
}
