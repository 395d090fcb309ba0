#!/usr/bin/env python3
"""Drive the Salesforce emulator with an unmodified simple-salesforce.

    python tests/interop/simple_salesforce.py 127.0.0.1:PORT [--ca CA.pem]

ADDRESS is what the emulator's first line of output calls `address`. With --ca the emulator is
spoken to over https and its certificate is checked against that authority; without, over http.
simple-salesforce itself always builds https URLs to *.salesforce.com: a transport adapter, which is
how requests lets one say where to connect, takes them to the emulator. Nothing in the library is
patched. Exits 0 when everything is as Salesforce would have it, 1 with the first mismatch.
"""

import sys

# This file has the library's name and its folder comes first: import the library, not this.
sys.path.pop(0)

import argparse
import contextlib
import traceback
import warnings

import requests
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceExpiredSession,
    SalesforceGeneralError,
    SalesforceMalformedRequest,
    SalesforceRefusedRequest,
    SalesforceResourceNotFound,
)

ORG = "acme.my.salesforce.com"
TIMEOUT_SECONDS = 30


class Mismatch(Exception):
    """The emulator is not what a Salesforce client expects."""


class ToEmulator(HTTPAdapter):
    """Connects to the emulator, whatever host a URL names; TLS still checks the URL's host."""

    def __init__(self, address, tls):
        self.host, port = address.rsplit(":", 1)
        self.port, self.tls = int(port), tls
        super().__init__()

    def build_connection_pool_key_attributes(self, request, verify, cert=None):
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        if self.tls:
            pool["server_hostname"] = pool["assert_hostname"] = host["host"]
            host["scheme"] = "https"
        else:
            pool = {}
            host["scheme"] = "http"
        host["host"], host["port"] = self.host, self.port
        return host, pool

    def cert_verify(self, conn, url, verify, cert):
        if self.tls:
            super().cert_verify(conn, url, verify, cert)

    def send(self, request, **kwargs):
        request.headers["Host"] = request.url.split("/")[2]
        kwargs["timeout"] = kwargs.get("timeout") or TIMEOUT_SECONDS
        return super().send(request, **kwargs)


class Emulator:
    """The emulator's own side: what it takes to log in, and its fault switches."""

    def __init__(self, address, ca):
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.mount("https://", ToEmulator(address, tls=ca is not None))
        if ca is not None:
            self.session.verify = ca
        self.login = self.session.get(f"https://{ORG}/__login").json()

    def fault(self, kind, **parts):
        rules = [{"kind": kind, "times": 1, **parts}]
        self.session.put(f"https://{ORG}/__faults", json=rules).raise_for_status()

    def revoke(self):
        self.session.post(f"https://{ORG}/__revoke").raise_for_status()

    def client(self, **how):
        return Salesforce(session=self.session, version="62.0", **how)

    def jwt(self, **changes):
        how = {
            "username": self.login["username"],
            "consumer_key": self.login["client_id"],
            "privatekey": self.login["private_key"],
            "domain": "login",
        }
        return self.client(**{**how, **changes})


def same(what, got, wanted):
    if got != wanted:
        raise Mismatch(f"{what}: wanted {wanted!r}, got {got!r}")


def holds(what, truth):
    if not truth:
        raise Mismatch(what)


@contextlib.contextmanager
def raises(kind, status=None, code=None):
    try:
        yield
    except kind as error:
        if status is not None:
            same(f"status of {kind.__name__}", error.status, status)
        if code is not None:
            same(f"errorCode of {kind.__name__}", error.content[0]["errorCode"], code)
        return
    raise Mismatch(f"wanted {kind.__name__}, nothing was raised")


def log_in_with_jwt(emulator):
    sf = emulator.jwt()
    holds("the access token is empty", sf.session_id)
    same("instance", sf.sf_instance, emulator.login["instance_url"].split("//")[1])
    holds("the limits are missing", sf.limits()["DailyApiRequests"]["Max"] > 0)
    holds("the API usage is not parsed", sf.api_usage["api-usage"].total > 0)


def log_in_in_other_ways(emulator):
    secret = {"consumer_key": emulator.login["client_id"], "consumer_secret": emulator.login["client_secret"]}
    emulator.client(domain="acme.my", **secret).limits()
    emulator.client(username=emulator.login["username"], password="any", **secret).limits()
    with raises(SalesforceAuthenticationFailed):
        emulator.client(domain="acme.my", consumer_key=secret["consumer_key"], consumer_secret="wrong")
    with raises(SalesforceAuthenticationFailed), warnings.catch_warnings():
        # The client adds advice when it recognises Salesforce's words, which it must.
        warnings.filterwarnings("ignore", message="\\s*If your connected app policy")
        emulator.jwt(username="eve@acme.example")
    with raises(SalesforceAuthenticationFailed):
        emulator.jwt(privatekey=another_key())


def another_key():
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def query(emulator):
    sf = emulator.jwt()
    found = sf.query("SELECT Id, Name, Owner.Name FROM Account ORDER BY Name LIMIT 5")
    same("totalSize", (found["totalSize"], found["done"], len(found["records"])), (5, True, 5))
    first = found["records"][0]
    same("attributes", first["attributes"]["type"], "Account")
    same("order of members", list(first), ["attributes", "Id", "Name", "Owner"])
    holds("Owner.Name is empty", first["Owner"]["Name"])
    names = [record["Name"] for record in found["records"]]
    same("order of names", names, sorted(names, key=str.lower))
    stages = sf.query("SELECT StageName, COUNT(Id) n, SUM(Amount) total FROM Opportunity GROUP BY StageName")
    same("aggregates", {record["attributes"]["type"] for record in stages["records"]}, {"AggregateResult"})
    total = sf.query("SELECT COUNT() FROM Opportunity")["totalSize"]
    same("sum of the groups", sum(record["n"] for record in stages["records"]), total)
    same("sandbox", sf.is_sandbox(), False)


def page_through(emulator):
    sf = emulator.jwt()
    total = sf.query("SELECT COUNT() FROM Opportunity")["totalSize"]
    soql = "SELECT Id FROM Opportunity ORDER BY Id"
    whole = sf.query_all(soql)
    same("query_all", (whole["totalSize"], len(whole["records"]), whole["done"]), (total, total, True))
    small = {"headers": {"Sforce-Query-Options": "batchSize=200"}}
    ids = [record["Id"] for record in sf.query_all_iter(soql, **small)]
    same("ids over small pages", ids, [record["Id"] for record in whole["records"]])
    page = sf.query(soql, **small)
    same("first page", (page["done"], len(page["records"]), page["totalSize"]), (False, 200, total))
    by_url = sf.query_more(page["nextRecordsUrl"], identifier_is_url=True, **small)
    by_id = sf.query_more(page["nextRecordsUrl"].rsplit("/", 1)[1], **small)
    same("query_more by URL and by id", by_url["records"], by_id["records"])
    same("second page", [record["Id"] for record in by_id["records"]], ids[200:400])
    with raises(SalesforceMalformedRequest, 400, "INVALID_QUERY_LOCATOR"):
        sf.query_more("01g000000000000AAA-2000")


def search(emulator):
    sf = emulator.jwt()
    name = sf.query("SELECT Name FROM Account LIMIT 1")["records"][0]["Name"]
    found = sf.search(f'FIND {{"{name}"}} IN NAME FIELDS RETURNING Account(Id, Name)')["searchRecords"]
    holds("the search missed", name in [record["Name"] for record in found])
    holds("the quick search missed", sf.quick_search(name.split()[0])["searchRecords"])
    with raises(SalesforceMalformedRequest, 400, "MALFORMED_SEARCH"):
        sf.search("FIND nothing")


def create_get_update_delete(emulator):
    sf = emulator.jwt()
    made = sf.Account.create({"Name": "Interop & Söhne <1>", "NumberOfEmployees": 7, "AnnualRevenue": 1.5})
    same("create", (made["success"], made["errors"], len(made["id"])), (True, [], 18))
    record = sf.Account.get(made["id"])
    same("get", (record["Name"], record["NumberOfEmployees"], record["AnnualRevenue"]), ("Interop & Söhne <1>", 7, 1.5))
    same("get by the short id", sf.Account.get(made["id"][:15])["Id"], made["id"])
    same("update", sf.Account.update(made["id"], {"Name": "Changed", "NumberOfEmployees": None}), 204)
    found = sf.query(f"SELECT Name, NumberOfEmployees FROM Account WHERE Id = '{made['id']}'")["records"][0]
    same("after update", (found["Name"], found["NumberOfEmployees"]), ("Changed", None))
    same("delete", sf.Account.delete(made["id"]), 204)
    with raises(SalesforceResourceNotFound, 404, "ENTITY_IS_DELETED"):
        sf.Account.get(made["id"])
    same("deleted records", sf.query(f"SELECT COUNT() FROM Account WHERE Id = '{made['id']}'")["totalSize"], 0)
    gone = sf.query(f"SELECT IsDeleted FROM Account WHERE Id = '{made['id']}'", include_deleted=True)
    same("queryAll", gone["records"][0]["IsDeleted"], True)


def describe(emulator):
    sf = emulator.jwt()
    names = {entry["name"] for entry in sf.describe()["sobjects"]}
    holds("objects are missing", {"Account", "Contact", "Opportunity", "Case", "User"} <= names)
    described = sf.Opportunity.describe()
    fields = {field["name"]: field for field in described["fields"]}
    same("type of Amount", fields["Amount"]["type"], "currency")
    same("target of AccountId", fields["AccountId"]["referenceTo"], ["Account"])
    same("required", (fields["StageName"]["nillable"], fields["Amount"]["nillable"]), (False, True))
    holds("no picklist", "Closed Won" in [value["value"] for value in fields["StageName"]["picklistValues"]])
    same("metadata", sf.Opportunity.metadata()["objectDescribe"]["keyPrefix"], "006")


def errors(emulator):
    sf = emulator.jwt()
    for soql, code in [
        ("SELECT Id FRM Account", "MALFORMED_QUERY"),
        ("SELECT Nope FROM Account", "INVALID_FIELD"),
        ("SELECT Id FROM Nope", "INVALID_TYPE"),
    ]:
        with raises(SalesforceMalformedRequest, 400, code):
            sf.query(soql)
    with raises(SalesforceMalformedRequest, 400, "REQUIRED_FIELD_MISSING"):
        sf.Contact.create({"FirstName": "Nobody"})
    with raises(SalesforceResourceNotFound, 404, "NOT_FOUND"):
        sf.Account.get("0015g00000zzzzz")
    with raises(SalesforceResourceNotFound, 404, "NOT_FOUND"):
        sf.Spaceship.describe()
    emulator.fault("request-limit")
    with raises(SalesforceRefusedRequest, 403, "REQUEST_LIMIT_EXCEEDED"):
        sf.limits()
    emulator.fault("unavailable")
    with raises(SalesforceGeneralError, 503):
        sf.limits()


def sessions_expire(emulator):
    fixed = emulator.client(session_id="not-a-token", instance_url=f"https://{ORG}")
    with raises(SalesforceExpiredSession, 401, "INVALID_SESSION_ID"):
        fixed.limits()
    # With what it needs to log in again, the client does so by itself.
    sf = emulator.jwt()
    before = sf.session_id
    emulator.revoke()
    sf.query("SELECT Id FROM Account LIMIT 1")
    holds("the session was not refreshed", sf.session_id != before)


CHECKS = [
    log_in_with_jwt,
    log_in_in_other_ways,
    query,
    page_through,
    search,
    create_get_update_delete,
    describe,
    errors,
    sessions_expire,
]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("address", help="127.0.0.1:PORT")
    parser.add_argument("--ca", help="the emulator's authority, when it serves https")
    arguments = parser.parse_args()
    emulator = Emulator(arguments.address, arguments.ca)
    for check in CHECKS:
        name = check.__name__.replace("_", " ")
        try:
            check(emulator)
        except Mismatch as mismatch:
            sys.exit(f"FAILED  {name}: {mismatch}")
        except Exception:
            traceback.print_exc()
            sys.exit(f"FAILED  {name}: the client raised what was not expected")
        print(f"ok      {name}", flush=True)


if __name__ == "__main__":
    main()
