//! North American coupons: fields whose length stands in the digit before them. Never what a coupon is worth.

use super::sign::digits;
use super::time::{DayZero, yymmdd};
use super::{CompanyPrefixes, LintError, LintFault, Verdict, fail, prefix};

/// Digits not yet read.
struct Reader<'a> {
    data: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn new(data: &'a [u8]) -> Self {
        Self { data, at: 0 }
    }

    /// The next digit, which may only be one of `allowed`.
    fn digit(&mut self, allowed: &[u8], missing: LintError, invalid: LintError) -> Result<u8, LintFault> {
        let Some(digit) = self.data.get(self.at).copied() else {
            return Err(LintFault { error: missing, start: 0, length: self.data.len() });
        };
        if !allowed.contains(&digit) {
            return Err(LintFault { error: invalid, start: self.at, length: 1 });
        }
        self.at += 1;
        Ok(digit)
    }

    /// The next `length` digits. Cut short, the fault is what is there of them, or the whole where nothing is.
    fn take(&mut self, length: usize, truncated: LintError) -> Result<&'a [u8], LintFault> {
        let rest = self.data.get(self.at..).unwrap_or_default();
        let Some(field) = rest.get(..length) else {
            let start = if rest.is_empty() { 0 } else { self.at };
            return Err(LintFault { error: truncated, start, length: self.data.len() - start });
        };
        self.at += length;
        Ok(field)
    }

    /// Skips the digit that announces an optional field, if that is what comes next.
    fn announced(&mut self, field: u8) -> bool {
        let is_next = self.data.get(self.at) == Some(&field);
        self.at += usize::from(is_next);
        is_next
    }

    /// A field behind its length digit, which counts from `base`.
    fn sized(
        &mut self,
        base: usize,
        allowed: &[u8],
        [missing, invalid, truncated]: [LintError; 3],
    ) -> Result<&'a [u8], LintFault> {
        let length = usize::from(self.digit(allowed, missing, invalid)? - b'0') + base;
        self.take(length, truncated)
    }

    /// A company prefix that has just been read.
    fn company(&self, field: &[u8], prefixes: &dyn CompanyPrefixes) -> Verdict {
        prefix::at_first(field, prefixes)
            .or_else(|fault| fail(fault.error, self.at - field.len(), field.len()))
    }

    fn end(&self) -> Verdict {
        let rest = self.data.len() - self.at;
        if rest == 0 { Ok(()) } else { fail(LintError::CouponExcessData, self.at, rest) }
    }
}

const ANY: &[u8] = b"0123456789";

const SERIAL: [LintError; 3] = [
    LintError::CouponMissingSerialNumberVli,
    LintError::CouponMissingSerialNumberVli,
    LintError::CouponTruncatedSerialNumber,
];

pub(super) fn positive_offer(data: &[u8]) -> Verdict {
    digits(data)?;
    let mut reader = Reader::new(data);
    reader.digit(b"01", LintError::CouponMissingFormatCode, LintError::CouponInvalidFormatCode)?;
    reader.sized(
        6,
        b"0123456",
        [
            LintError::CouponMissingFunderVli,
            LintError::CouponInvalidFunderLength,
            LintError::CouponTruncatedFunder,
        ],
    )?;
    reader.take(6, LintError::CouponTruncatedOfferCode)?;
    reader.sized(6, ANY, SERIAL)?;
    reader.end()
}

pub(super) fn code(data: &[u8], prefixes: &dyn CompanyPrefixes) -> Verdict {
    digits(data)?;
    let mut reader = Reader::new(data);
    let company = reader.sized(
        6,
        b"0123456",
        [LintError::CouponMissingGcpVli, LintError::CouponInvalidGcpLength, LintError::CouponTruncatedGcp],
    )?;
    reader.company(company, prefixes)?;
    reader.take(6, LintError::CouponTruncatedOfferCode)?;
    reader.sized(
        0,
        b"12345",
        [
            LintError::CouponMissingSaveValueVli,
            LintError::CouponInvalidSaveValueLength,
            LintError::CouponTruncatedSaveValue,
        ],
    )?;
    purchase(&mut reader, &FIRST)?;
    if reader.announced(b'1') {
        let (missing, invalid) = (
            LintError::CouponMissingAdditionalPurchaseRulesCode,
            LintError::CouponInvalidAdditionalPurchaseRulesCode,
        );
        reader.digit(b"0123", missing, invalid)?;
        purchase(&mut reader, &SECOND)?;
        other_company(&mut reader, SECOND_COMPANY, prefixes)?;
    }
    if reader.announced(b'2') {
        purchase(&mut reader, &THIRD)?;
        other_company(&mut reader, THIRD_COMPANY, prefixes)?;
    }
    dates(&mut reader)?;
    if reader.announced(b'5') {
        reader.sized(6, ANY, SERIAL)?;
    }
    if reader.announced(b'6') {
        let retailer = reader.sized(
            6,
            b"1234567",
            [
                LintError::CouponMissingRetailerGcpOrGlnVli,
                LintError::CouponInvalidRetailerGcpOrGlnLength,
                LintError::CouponTruncatedRetailerGcpOrGln,
            ],
        )?;
        reader.company(retailer, prefixes)?;
    }
    if reader.announced(b'9') {
        miscellaneous(&mut reader)?;
    }
    reader.end()
}

/// What can be wrong with the requirement of one purchase.
struct Purchase {
    requirement: [LintError; 3],
    code: [LintError; 2],
    family: LintError,
}

const FIRST: Purchase = Purchase {
    requirement: [
        LintError::CouponMissingFirstPurchaseRequirementVli,
        LintError::CouponInvalidFirstPurchaseRequirementLength,
        LintError::CouponTruncatedFirstPurchaseRequirement,
    ],
    code: [
        LintError::CouponMissingFirstPurchaseRequirementCode,
        LintError::CouponInvalidFirstPurchaseRequirementCode,
    ],
    family: LintError::CouponTruncatedFirstPurchaseFamilyCode,
};

const SECOND: Purchase = Purchase {
    requirement: [
        LintError::CouponMissingSecondPurchaseRequirementVli,
        LintError::CouponInvalidSecondPurchaseRequirementLength,
        LintError::CouponTruncatedSecondPurchaseRequirement,
    ],
    code: [
        LintError::CouponMissingSecondPurchaseRequirementCode,
        LintError::CouponInvalidSecondPurchaseRequirementCode,
    ],
    family: LintError::CouponTruncatedSecondPurchaseFamilyCode,
};

const THIRD: Purchase = Purchase {
    requirement: [
        LintError::CouponMissingThirdPurchaseRequirementVli,
        LintError::CouponInvalidThirdPurchaseRequirementLength,
        LintError::CouponTruncatedThirdPurchaseRequirement,
    ],
    code: [
        LintError::CouponMissingThirdPurchaseRequirementCode,
        LintError::CouponInvalidThirdPurchaseRequirementCode,
    ],
    family: LintError::CouponTruncatedThirdPurchaseFamilyCode,
};

const SECOND_COMPANY: [LintError; 3] = [
    LintError::CouponMissingSecondPurchaseGcpVli,
    LintError::CouponInvalidSecondPurchaseGcpLength,
    LintError::CouponTruncatedSecondPurchaseGcp,
];

const THIRD_COMPANY: [LintError; 3] = [
    LintError::CouponMissingThirdPurchaseGcpVli,
    LintError::CouponInvalidThirdPurchaseGcpLength,
    LintError::CouponTruncatedThirdPurchaseGcp,
];

fn purchase(reader: &mut Reader<'_>, faults: &Purchase) -> Verdict {
    reader.sized(0, b"12345", faults.requirement)?;
    let [missing, invalid] = faults.code;
    reader.digit(b"012349", missing, invalid)?;
    reader.take(3, faults.family)?;
    Ok(())
}

/// The company of a further purchase; length digit 9 says that it is the first one's.
fn other_company(reader: &mut Reader<'_>, faults: [LintError; 3], prefixes: &dyn CompanyPrefixes) -> Verdict {
    if reader.announced(b'9') {
        return Ok(());
    }
    let company = reader.sized(6, b"0123456", faults)?;
    reader.company(company, prefixes)
}

fn dates(reader: &mut Reader<'_>) -> Verdict {
    let mut last_day = None;
    if reader.announced(b'3') {
        let day = reader.take(6, LintError::CouponTooShortForExpirationDate)?;
        let at = reader.at - day.len();
        yymmdd(day, DayZero::Refused).or_else(|_| fail(LintError::CouponInvalidExipirationDate, at, 6))?;
        last_day = Some(day);
    }
    if reader.announced(b'4') {
        let day = reader.take(6, LintError::CouponTooShortForStartDate)?;
        let at = reader.at - day.len();
        yymmdd(day, DayZero::Refused).or_else(|_| fail(LintError::CouponInvalidStartDate, at, 6))?;
        if last_day.is_some_and(|last| day > last) {
            // Both fields: the last day, the digit that announces the first one, and that.
            return fail(LintError::CouponExpirationBeforeStart, at - 8, 14);
        }
    }
    Ok(())
}

fn miscellaneous(reader: &mut Reader<'_>) -> Verdict {
    let (missing, invalid) = (LintError::CouponMissingSaveValueCode, LintError::CouponInvalidSaveValueCode);
    reader.digit(b"01256", missing, invalid)?;
    let (missing, invalid) =
        (LintError::CouponMissingSaveValueAppliesToItem, LintError::CouponInvalidSaveValueAppliesToItem);
    reader.digit(b"012", missing, invalid)?;
    reader.digit(ANY, LintError::CouponMissingStoreCouponFlag, LintError::CouponMissingStoreCouponFlag)?;
    let (missing, invalid) =
        (LintError::CouponMissingDontMultiplyFlag, LintError::CouponInvalidDontMultiplyFlag);
    reader.digit(b"01", missing, invalid)?;
    Ok(())
}
