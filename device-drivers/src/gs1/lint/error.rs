//! What a linter can find wrong, under the names of GS1's own linters. Never where: that is the fault's position.

use std::fmt;

macro_rules! lint_errors {
    ($($variant:ident $name:literal $text:literal;)*) => {
        /// One kind of fault in the data of an application identifier (REQ-41).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum LintError {
            $(#[doc = $text] $variant,)*
        }

        impl LintError {
            /// The name in GS1's reference linters, misspellings included: `GS1_LINTER_INCORRECT_CHECK_DIGIT`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!("GS1_LINTER_", $name),)*
                }
            }

            /// The same for a person, without a full stop.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
        }
    };
}

lint_errors! {
    NonDigitCharacter "NON_DIGIT_CHARACTER" "a sign that is no digit";
    InvalidCset82Character "INVALID_CSET82_CHARACTER" "a sign outside of set 82";
    InvalidCset39Character "INVALID_CSET39_CHARACTER" "a sign outside of set 39";
    InvalidCset32Character "INVALID_CSET32_CHARACTER" "a sign outside of set 32";
    InvalidCset64Character "INVALID_CSET64_CHARACTER" "a sign outside of base64url";
    InvalidCset64Padding "INVALID_CSET64_PADDING" "the wrong number of `=` at the end";
    IncorrectCheckDigit "INCORRECT_CHECK_DIGIT" "the check digit does not fit";
    TooShortForCheckDigit "TOO_SHORT_FOR_CHECK_DIGIT" "nothing there to hold a check digit";
    IncorrectCheckPair "INCORRECT_CHECK_PAIR" "the pair of check characters does not fit";
    TooShortForCheckPair "TOO_SHORT_FOR_CHECK_PAIR" "fewer than two characters";
    TooLongForCheckPairImplementation "TOO_LONG_FOR_CHECK_PAIR_IMPLEMENTATION" "more than 99 characters";
    GcpDatasourceOffline "GCP_DATASOURCE_OFFLINE" "the company-prefix look-up is out of reach";
    InvalidGcpPrefix "INVALID_GCP_PREFIX" "no company prefix starts here";
    TooShortForGcp "TOO_SHORT_FOR_GCP" "shorter than any company prefix";
    ImporterIdxMustBeOneCharacter "IMPORTER_IDX_MUST_BE_ONE_CHARACTER" "an importer index is one character";
    InvalidImportIdxCharacter "INVALID_IMPORT_IDX_CHARACTER" "a sign that no importer index has";
    IllegalZeroValue "ILLEGAL_ZERO_VALUE" "zero where a number is wanted";
    NotZero "NOT_ZERO" "a number where zeros are wanted";
    IllegalZeroPrefix "ILLEGAL_ZERO_PREFIX" "a leading zero";
    NotZeroOrOne "NOT_ZERO_OR_ONE" "neither 0 nor 1";
    InvalidWindingDirection "INVALID_WINDING_DIRECTION" "neither 0, 1 nor 9";
    NotIso3166 "NOT_ISO3166" "no country number";
    NotIso3166Or999 "NOT_ISO3166_OR_999" "neither a country number nor 999";
    NotIso3166Alpha2 "NOT_ISO3166_ALPHA2" "no country code of two letters";
    NotIso4217 "NOT_ISO4217" "no currency number";
    IbanTooShort "IBAN_TOO_SHORT" "too short for an IBAN";
    IbanTooLong "IBAN_TOO_LONG" "too long for an IBAN";
    InvalidIbanCharacter "INVALID_IBAN_CHARACTER" "a sign that no IBAN has";
    IllegalIbanCountryCode "ILLEGAL_IBAN_COUNTRY_CODE" "an IBAN of no country";
    IncorrectIbanChecksum "INCORRECT_IBAN_CHECKSUM" "the IBAN's check digits do not fit";
    DateTooShort "DATE_TOO_SHORT" "too short for a date";
    DateTooLong "DATE_TOO_LONG" "too long for a date";
    IllegalMonth "ILLEGAL_MONTH" "no such month";
    IllegalDay "ILLEGAL_DAY" "no such day in that month";
    HourWithMinuteTooShort "HOUR_WITH_MINUTE_TOO_SHORT" "too short for hour and minute";
    HourWithMinuteTooLong "HOUR_WITH_MINUTE_TOO_LONG" "too long for hour and minute";
    HourTooShort "HOUR_TOO_SHORT" "too short for an hour";
    HourTooLong "HOUR_TOO_LONG" "too long for an hour";
    MinuteTooShort "MINUTE_TOO_SHORT" "too short for a minute";
    MinuteTooLong "MINUTE_TOO_LONG" "too long for a minute";
    SecondTooShort "SECOND_TOO_SHORT" "too short for a second";
    SecondTooLong "SECOND_TOO_LONG" "too long for a second";
    IllegalHour "ILLEGAL_HOUR" "no such hour";
    IllegalMinute "ILLEGAL_MINUTE" "no such minute";
    IllegalSecond "ILLEGAL_SECOND" "no such second";
    InvalidLengthForPieceOfTotal "INVALID_LENGTH_FOR_PIECE_OF_TOTAL" "piece and total must be equally long";
    ZeroPieceNumber "ZERO_PIECE_NUMBER" "piece number zero";
    ZeroTotalPieces "ZERO_TOTAL_PIECES" "a total of zero pieces";
    PieceNumberExceedsTotal "PIECE_NUMBER_EXCEEDS_TOTAL" "a piece beyond the total";
    InvalidPercentSequence "INVALID_PERCENT_SEQUENCE" "a `%` without two hex digits";
    InvalidLatitude "INVALID_LATITUDE" "beyond the south or north pole";
    LatitudeInvalidLength "LATITUDE_INVALID_LENGTH" "a latitude has ten digits";
    InvalidLongitude "INVALID_LONGITUDE" "beyond the full circle";
    LongitudeInvalidLength "LONGITUDE_INVALID_LENGTH" "a longitude has ten digits";
    InvalidMediaType "INVALID_MEDIA_TYPE" "no known carrier medium";
    InvalidPackageType "INVALID_PACKAGE_TYPE" "no known kind of package";
    NotHyphen "NOT_HYPHEN" "something else than hyphens";
    InvalidBiologicalSexCode "INVALID_BIOLOGICAL_SEX_CODE" "no code of ISO 5218";
    PositionInSequenceMalformed "POSITION_IN_SEQUENCE_MALFORMED" "not of the form position/end";
    PositionExceedsEnd "POSITION_EXCEEDS_END" "a position beyond the end";
    RequiresNonDigitCharacter "REQUIRES_NON_DIGIT_CHARACTER" "digits only";
    CouponMissingFormatCode "COUPON_MISSING_FORMAT_CODE" "the coupon has no format";
    CouponInvalidFormatCode "COUPON_INVALID_FORMAT_CODE" "the coupon's format is neither 0 nor 1";
    CouponMissingFunderVli "COUPON_MISSING_FUNDER_VLI" "the funder's length is missing";
    CouponInvalidFunderLength "COUPON_INVALID_FUNDER_LENGTH" "the funder's length is not 0 to 6";
    CouponTruncatedFunder "COUPON_TRUNCATED_FUNDER" "the funder is cut short";
    CouponTruncatedOfferCode "COUPON_TRUNCATED_OFFER_CODE" "the offer is cut short";
    CouponMissingSerialNumberVli "COUPON_MISSING_SERIAL_NUMBER_VLI" "the serial's length is missing";
    CouponTruncatedSerialNumber "COUPON_TRUNCATED_SERIAL_NUMBER" "the serial is cut short";
    CouponMissingGcpVli "COUPON_MISSING_GCP_VLI" "the company prefix's length is missing";
    CouponInvalidGcpLength "COUPON_INVALID_GCP_LENGTH" "the company prefix's length is not 0 to 6";
    CouponTruncatedGcp "COUPON_TRUNCATED_GCP" "the company prefix is cut short";
    CouponMissingSaveValueVli "COUPON_MISSING_SAVE_VALUE_VLI" "the saving's length is missing";
    CouponInvalidSaveValueLength "COUPON_INVALID_SAVE_VALUE_LENGTH" "the saving's length is not 1 to 5";
    CouponTruncatedSaveValue "COUPON_TRUNCATED_SAVE_VALUE" "the saving is cut short";
    CouponMissingAdditionalPurchaseRulesCode "COUPON_MISSING_ADDITIONAL_PURCHASE_RULES_CODE" "the rule for further purchases is missing";
    CouponInvalidAdditionalPurchaseRulesCode "COUPON_INVALID_ADDITIONAL_PURCHASE_RULES_CODE" "the rule for further purchases is not 0 to 3";
    CouponTooShortForExpirationDate "COUPON_TOO_SHORT_FOR_EXPIRATION_DATE" "the last day is cut short";
    CouponInvalidExipirationDate "COUPON_INVALID_EXIPIRATION_DATE" "the last day is no date";
    CouponTooShortForStartDate "COUPON_TOO_SHORT_FOR_START_DATE" "the first day is cut short";
    CouponInvalidStartDate "COUPON_INVALID_START_DATE" "the first day is no date";
    CouponExpirationBeforeStart "COUPON_EXPIRATION_BEFORE_START" "the last day lies before the first";
    CouponMissingRetailerGcpOrGlnVli "COUPON_MISSING_RETAILER_GCP_OR_GLN_VLI" "the retailer's length is missing";
    CouponInvalidRetailerGcpOrGlnLength "COUPON_INVALID_RETAILER_GCP_OR_GLN_LENGTH" "the retailer's length is not 1 to 7";
    CouponTruncatedRetailerGcpOrGln "COUPON_TRUNCATED_RETAILER_GCP_OR_GLN" "the retailer is cut short";
    CouponMissingSaveValueCode "COUPON_MISSING_SAVE_VALUE_CODE" "the kind of saving is missing";
    CouponInvalidSaveValueCode "COUPON_INVALID_SAVE_VALUE_CODE" "the kind of saving is none of 0, 1, 2, 5, 6";
    CouponMissingSaveValueAppliesToItem "COUPON_MISSING_SAVE_VALUE_APPLIES_TO_ITEM" "which item is cheaper is missing";
    CouponInvalidSaveValueAppliesToItem "COUPON_INVALID_SAVE_VALUE_APPLIES_TO_ITEM" "which item is cheaper is not 0 to 2";
    CouponMissingStoreCouponFlag "COUPON_MISSING_STORE_COUPON_FLAG" "the store-coupon flag is missing";
    CouponMissingDontMultiplyFlag "COUPON_MISSING_DONT_MULTIPLY_FLAG" "the do-not-multiply flag is missing";
    CouponInvalidDontMultiplyFlag "COUPON_INVALID_DONT_MULTIPLY_FLAG" "the do-not-multiply flag is neither 0 nor 1";
    CouponExcessData "COUPON_EXCESS_DATA" "something stands behind the last field";
    CouponMissingFirstPurchaseRequirementVli "COUPON_MISSING_1ST_PURCHASE_REQUIREMENT_VLI" "the first requirement's length is missing";
    CouponInvalidFirstPurchaseRequirementLength "COUPON_INVALID_1ST_PURCHASE_REQUIREMENT_LENGTH" "the first requirement's length is not 1 to 5";
    CouponTruncatedFirstPurchaseRequirement "COUPON_TRUNCATED_1ST_PURCHASE_REQUIREMENT" "the first requirement is cut short";
    CouponMissingFirstPurchaseRequirementCode "COUPON_MISSING_1ST_PURCHASE_REQUIREMENT_CODE" "the first requirement's kind is missing";
    CouponInvalidFirstPurchaseRequirementCode "COUPON_INVALID_1ST_PURCHASE_REQUIREMENT_CODE" "the first requirement's kind is not 0 to 4 or 9";
    CouponTruncatedFirstPurchaseFamilyCode "COUPON_TRUNCATED_1ST_PURCHASE_FAMILY_CODE" "the first family code is cut short";
    CouponMissingSecondPurchaseRequirementVli "COUPON_MISSING_2ND_PURCHASE_REQUIREMENT_VLI" "the second requirement's length is missing";
    CouponInvalidSecondPurchaseRequirementLength "COUPON_INVALID_2ND_PURCHASE_REQUIREMENT_LENGTH" "the second requirement's length is not 1 to 5";
    CouponTruncatedSecondPurchaseRequirement "COUPON_TRUNCATED_2ND_PURCHASE_REQUIREMENT" "the second requirement is cut short";
    CouponMissingSecondPurchaseRequirementCode "COUPON_MISSING_2ND_PURCHASE_REQUIREMENT_CODE" "the second requirement's kind is missing";
    CouponInvalidSecondPurchaseRequirementCode "COUPON_INVALID_2ND_PURCHASE_REQUIREMENT_CODE" "the second requirement's kind is not 0 to 4 or 9";
    CouponTruncatedSecondPurchaseFamilyCode "COUPON_TRUNCATED_2ND_PURCHASE_FAMILY_CODE" "the second family code is cut short";
    CouponMissingSecondPurchaseGcpVli "COUPON_MISSING_2ND_PURCHASE_GCP_VLI" "the second company prefix's length is missing";
    CouponInvalidSecondPurchaseGcpLength "COUPON_INVALID_2ND_PURCHASE_GCP_LENGTH" "the second company prefix's length is not 0 to 6 or 9";
    CouponTruncatedSecondPurchaseGcp "COUPON_TRUNCATED_2ND_PURCHASE_GCP" "the second company prefix is cut short";
    CouponMissingThirdPurchaseRequirementVli "COUPON_MISSING_3RD_PURCHASE_REQUIREMENT_VLI" "the third requirement's length is missing";
    CouponInvalidThirdPurchaseRequirementLength "COUPON_INVALID_3RD_PURCHASE_REQUIREMENT_LENGTH" "the third requirement's length is not 1 to 5";
    CouponTruncatedThirdPurchaseRequirement "COUPON_TRUNCATED_3RD_PURCHASE_REQUIREMENT" "the third requirement is cut short";
    CouponMissingThirdPurchaseRequirementCode "COUPON_MISSING_3RD_PURCHASE_REQUIREMENT_CODE" "the third requirement's kind is missing";
    CouponInvalidThirdPurchaseRequirementCode "COUPON_INVALID_3RD_PURCHASE_REQUIREMENT_CODE" "the third requirement's kind is not 0 to 4 or 9";
    CouponTruncatedThirdPurchaseFamilyCode "COUPON_TRUNCATED_3RD_PURCHASE_FAMILY_CODE" "the third family code is cut short";
    CouponMissingThirdPurchaseGcpVli "COUPON_MISSING_3RD_PURCHASE_GCP_VLI" "the third company prefix's length is missing";
    CouponInvalidThirdPurchaseGcpLength "COUPON_INVALID_3RD_PURCHASE_GCP_LENGTH" "the third company prefix's length is not 0 to 6 or 9";
    CouponTruncatedThirdPurchaseGcp "COUPON_TRUNCATED_3RD_PURCHASE_GCP" "the third company prefix is cut short";
}

impl fmt::Display for LintError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}
