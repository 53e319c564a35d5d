"""The tables, and the rules that apply to every writer."""

from catalog.models.ai_model import AIModel, ModelDatacenter
from catalog.models.alarm import Alarm, AlarmDelivery, AlarmKind, AlarmRecipient
from catalog.models.api_key import ApiKey, KeyScope, KeyStatus
from catalog.models.datacenter import Datacenter
from catalog.models.drift import DriftCheck, DriftSide, DriftState
from catalog.models.offer import OFFER_FIELDS, SAME_AS_MODEL, Offer, own_facts_of, variant_of, with_readiness
from catalog.models.parameter_descriptor import ParameterDescriptor
from catalog.models.price import IDENTITY, Price
from catalog.models.price_kinds import KINDS, Direction, KindFacts, Line, PriceKind, PriceUnit, in_price_list
from catalog.models.proposal import Proposal, ProposalStatus
from catalog.models.provider import Provider
from catalog.models.reader import ListProblem, Reader
from catalog.models.revision import CatalogRevision
from catalog.models.scheduled_switch import ScheduledSwitch
from catalog.models.security_event import SecurityEvent, SecurityEventKind
from catalog.models.staff_session import StaffSession
from catalog.models.upload import AGAIN, UNDER_WAY, Upload, UploadPage, UploadState
from catalog.models.vocabularies import (
    OPENROUTER_TIERS,
    OTHER_TIERS,
    Category,
    Feature,
    InputModality,
    Lack,
    LimitUnit,
    OutputModality,
    ParameterType,
    Quantization,
    ReasoningEffort,
    SamplingParameter,
    ServiceTier,
    Switch,
    Variant,
    Weekday,
)

__all__ = [
    "AGAIN",
    "IDENTITY",
    "KINDS",
    "OFFER_FIELDS",
    "OPENROUTER_TIERS",
    "OTHER_TIERS",
    "SAME_AS_MODEL",
    "UNDER_WAY",
    "AIModel",
    "Alarm",
    "AlarmDelivery",
    "AlarmKind",
    "AlarmRecipient",
    "ApiKey",
    "CatalogRevision",
    "Category",
    "Datacenter",
    "Direction",
    "DriftCheck",
    "DriftSide",
    "DriftState",
    "Feature",
    "InputModality",
    "KeyScope",
    "KeyStatus",
    "KindFacts",
    "Lack",
    "LimitUnit",
    "Line",
    "ListProblem",
    "ModelDatacenter",
    "Offer",
    "OutputModality",
    "ParameterDescriptor",
    "ParameterType",
    "Price",
    "PriceKind",
    "PriceUnit",
    "Proposal",
    "ProposalStatus",
    "Provider",
    "Quantization",
    "Reader",
    "ReasoningEffort",
    "SamplingParameter",
    "ScheduledSwitch",
    "SecurityEvent",
    "SecurityEventKind",
    "ServiceTier",
    "StaffSession",
    "Switch",
    "Upload",
    "UploadPage",
    "UploadState",
    "Variant",
    "Weekday",
    "in_price_list",
    "own_facts_of",
    "variant_of",
    "with_readiness",
]
