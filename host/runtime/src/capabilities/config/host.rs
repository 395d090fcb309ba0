//! The WIT side of configuration.

use metier_core::policy::Request;
use metier_core::{Code, ConfigKey};

use super::ConfigView;
use crate::bindings::config::store::{Error, Host};

impl Host for ConfigView<'_> {
    /// A declared key the operator set no value for is `none`, as the interface has it: configuration may be optional. One
    /// the manifest does not declare, or the run takes away, is refused in words.
    fn get(&mut self, key: String) -> wasmtime::Result<Result<Option<String>, Error>> {
        let key: ConfigKey = match key.parse() {
            Ok(key) => key,
            Err(invalid) => return Ok(Err(Error::Upstream(invalid.to_string()))),
        };
        self.0.asks(&Request::Config { key: &key });
        Ok(match self.0.authority().config(&key) {
            Ok(value) => Ok(Some(value.to_owned())),
            Err(denial) if denial.code() == Code::ConfigNotGranted => Ok(None),
            Err(denial) => {
                self.0.refused(denial.clone());
                Err(Error::Upstream(denial.message().to_owned()))
            }
        })
    }

    /// Only what could be had one by one.
    fn get_all(&mut self) -> wasmtime::Result<Result<Vec<(String, String)>, Error>> {
        let authority = self.0.authority();
        for key in self.0.grant().config.keys() {
            self.0.asks(&Request::Config { key });
        }
        let keys = self.0.grant().config.keys();
        let allowed =
            keys.filter_map(|key| Some((key.to_string(), authority.config(key).ok()?.to_owned())));
        Ok(Ok(allowed.collect()))
    }
}
