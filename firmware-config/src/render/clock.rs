//! chrony.conf: the store's clock follows time servers and serves nobody. Expiry, invoices and temperature logs hang on it.

use std::fmt::Write as _;

use super::HEAD;

pub(super) fn configuration(servers: &[String]) -> String {
    let mut text = HEAD.to_owned();
    for server in servers {
        let _ = writeln!(text, "pool {server} iburst maxsources 4");
    }
    text.push_str(
        "\n# A store PC starts with a flat battery: the first three corrections may jump, later ones may not, because the\n\
         # node's ledger is in the order of time.\n\
         makestep 1 3\n\
         maxupdateskew 100\n\
         rtcsync\n\
         leapsectz right/UTC\n\
         logchange 0.5\n\
         driftfile /var/lib/chrony/chrony.drift\n\
         dumpdir /run/chrony\n\
         logdir /var/log/chrony\n\
         \n\
         # No server for others, and no command port but the socket.\n\
         port 0\n\
         cmdport 0\n",
    );
    text
}
