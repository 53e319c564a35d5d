"""The rules that a check constraint cannot express, and the revision, as triggers: no writer can bypass them.

The database's function ``catalog_listing_gaps`` (its text is in the newest migration that replaces it) finds what a listed model
lacks; ``catalog.openrouter.readiness.listing_gaps`` calls it too, so the rule is written once. ``catalog_is_listed`` says whether
a model is listed: the column, unless a scheduled switch has taken effect.
"""

import pgtrigger
from pgtrigger import After, Before, Deferred, Delete, Insert, Row, Statement, Truncate, Update, UpdateOf

from catalog.models.vocabularies import Weekday

LISTING_LOCKED = (
    "SELECT 1 FROM catalog_aimodel WHERE is_listed_on_openrouter UNION ALL SELECT 1 FROM catalog_scheduledswitch WHERE value"
)


class BumpRevision(pgtrigger.Trigger):
    """Raise the revision before a statement changes anything.

    Before, not after: the revision's row is then the first lock that any writer takes, so two writers cannot deadlock over it, and
    the checks at commit see everything that was committed before.

    It also sets for this transaction that no trigger is ignored, unless that is already set: each of pgtrigger's triggers reads the
    setting for each row, and if it is missing, the exception costs more than the rules. And it forgets which model
    ``RefuseIncompleteListing`` has found complete.
    """

    name = "bump_revision"
    level = Statement
    when = Before
    operation = Insert | Update | Delete | Truncate
    func = """
        INSERT INTO catalog_catalogrevision (id, revision, changed_at) VALUES (1, 1, clock_timestamp())
        ON CONFLICT (id) DO UPDATE
        SET revision = catalog_catalogrevision.revision + 1, changed_at = excluded.changed_at;
        PERFORM set_config('pgtrigger.ignore', coalesce(nullif(current_setting('pgtrigger.ignore', true), ''), '{}'), true);
        PERFORM set_config('catalog.found_complete', '', true);
        RETURN NULL;
    """


class RefuseTruncation(pgtrigger.Trigger):
    """Refuse TRUNCATE, which fires no row triggers: it would empty the feed without a history."""

    name = "refuse_truncation"
    level = Statement
    when = Before
    operation = Truncate
    func = f"""
        IF EXISTS ({LISTING_LOCKED}) THEN
            RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'listed_models_are_not_truncated',
                MESSAGE = 'Models are listed on OpenRouter; take them off first.';
        END IF;
        RETURN NULL;
    """


class RefuseDeletionOfListed(pgtrigger.Trigger):
    """Refuse to delete a listed model: it must be taken off OpenRouter first, so that nobody hides a live model by mistake."""

    name = "refuse_deletion_of_listed"
    level = Row
    when = Before
    operation = Delete
    func = """
        IF catalog_is_listed(OLD.id, clock_timestamp()) THEN
            RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'listed_model_is_not_deleted',
                TABLE = TG_TABLE_NAME, COLUMN = 'is_listed_on_openrouter',
                MESSAGE = OLD.model_id || ' is listed on OpenRouter; take it off before you delete it.';
        END IF;
        RETURN OLD;
    """


class KeepBegunPrices(pgtrigger.Trigger):
    """Refuse to change past prices of a listed model; a new price is a new row."""

    name = "keep_begun_prices"
    level = Row
    when = Before
    operation = Update | Delete
    func = """
        IF OLD.effective_from <= clock_timestamp()
            AND (TG_OP = 'DELETE' OR OLD IS DISTINCT FROM NEW)
            AND catalog_is_listed(OLD.ai_model_id, clock_timestamp())
        THEN
            RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'begun_price_stays',
                TABLE = TG_TABLE_NAME, COLUMN = 'usd',
                MESSAGE = 'A price of a listed model that has begun is history: add a row for the new price, or one without an amount to end it.';
        END IF;
        IF TG_OP = 'DELETE' THEN
            RETURN OLD;
        END IF;
        RETURN NEW;
    """


class OrderDays(pgtrigger.Trigger):
    """Keep the days of a price in the order of the week, each once.

    They are part of what makes two rows the same line: the same days in another order would be a second price in force for the same
    hours. Unknown days are left for their rule to refuse.
    """

    name = "order_days"
    level = Row
    when = Before
    operation = Insert | UpdateOf("utc_days")
    condition = pgtrigger.Condition("cardinality(NEW.utc_days) > 1")
    func = f"""
        IF NEW.utc_days <@ '{{{",".join(Weekday.values)}}}'::varchar[] THEN
            NEW.utc_days := ARRAY(
                SELECT day FROM unnest('{{{",".join(Weekday.values)}}}'::varchar[]) WITH ORDINALITY AS week (day, place)
                WHERE day = ANY (NEW.utc_days) ORDER BY place
            );
        END IF;
        RETURN NEW;
    """  # noqa: S608 - the vocabulary's own words


class RefuseUnknownDatacenters(pgtrigger.Trigger):
    """Refuse an offer with a datacenter that does not exist; PostgreSQL has no foreign keys for the items of an array. One
    transaction writes at a time (``BumpRevision``), so none of them can be deleted meanwhile.
    """

    name = "refuse_unknown_datacenters"
    level = Row
    when = Before
    operation = Insert | UpdateOf("datacenters")
    condition = pgtrigger.Condition("cardinality(NEW.datacenters) > 0")
    func = """
        IF EXISTS (SELECT FROM unnest(NEW.datacenters) AS place WHERE place IS NULL OR place NOT IN (SELECT id FROM catalog_datacenter))
        THEN
            RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'offer_datacenters_are_known',
                TABLE = TG_TABLE_NAME, COLUMN = 'datacenters', MESSAGE = 'A datacenter of this offer is not there any more.';
        END IF;
        NEW.datacenters := ARRAY(SELECT DISTINCT place FROM unnest(NEW.datacenters) AS place ORDER BY place);
        RETURN NEW;
    """


class RefuseDeletionOfNamed(pgtrigger.Trigger):
    """Refuse to delete a datacenter that an offer names: without it, the offer would get the datacenters of its model."""

    name = "refuse_deletion_of_named"
    level = Row
    when = Before
    operation = Delete
    declare = [("wire_id", "text"), ("named_by", "text")]
    func = """
        SELECT model_id, variant INTO wire_id, named_by
        FROM catalog_offer JOIN catalog_aimodel ON catalog_aimodel.id = ai_model_id
        WHERE datacenters @> ARRAY[OLD.id] LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'datacenter_of_an_offer_is_not_deleted',
                TABLE = TG_TABLE_NAME, COLUMN = 'code',
                MESSAGE = 'The ' || named_by || ' offer of ' || wire_id || ' is served from ' || OLD.code || '; change that first.';
        END IF;
        RETURN OLD;
    """


class RefuseIncompleteListing(pgtrigger.Trigger):
    """Refuse, at commit, any change that would leave a listed model without what OpenRouter's feed needs.

    At commit, because a model and its prices are several statements. A model that is scheduled to be listed must be
    complete from that time on. ``of`` is the SQL for the model's key. The error names everything that is missing; its column is the
    first field concerned.

    A model that is not listed and has no scheduled switch is passed over first: of tens of thousands of new rows most are such ones,
    and asking a function about each takes longer than everything else. The prices of a model come one after another, and it is
    asked about once for all of them.
    """

    name = "refuse_incomplete_listing"
    level = Row
    when = After
    timing = Deferred
    operation = Insert | Update | Delete
    declare = [("gaps", "record"), ("wire_id", "text"), ("since", "timestamptz")]

    def __init__(self, *, of: str) -> None:
        super().__init__(
            operation=Insert | Update if of == "NEW.id" else Insert | Update | Delete,
            # `of` is one of the two literals in the models' Meta, never input.
            func=f"""
                IF current_setting('catalog.found_complete', true) = {of}::text THEN
                    RETURN NULL;
                END IF;
                SELECT model_id,
                    CASE WHEN is_listed_on_openrouter OR EXISTS (SELECT FROM catalog_scheduledswitch WHERE ai_model_id = {of})
                        THEN catalog_listed_from(id, clock_timestamp())
                    END
                INTO wire_id, since FROM catalog_aimodel WHERE id = {of};
                IF since IS NOT NULL THEN
                    SELECT string_agg(gap.sentence, ' ') AS sentences, (array_agg(gap.field))[1] AS field
                    INTO gaps FROM catalog_listing_gaps({of}, since) AS gap;
                    IF gaps.field IS NOT NULL THEN
                        RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'listed_model_is_complete',
                            TABLE = TG_TABLE_NAME, COLUMN = gaps.field,
                            MESSAGE = wire_id || ' cannot be listed on OpenRouter: ' || gaps.sentences;
                    END IF;
                END IF;
                PERFORM set_config('catalog.found_complete', {of}::text, true);
                RETURN NULL;
            """,  # noqa: S608
        )


class RefuseAmbiguousName(pgtrigger.Trigger):
    """An id or alias finds only one model, and so does either with ``:free`` if there is a free variant; and an alias is not
    another model's OpenRouter slug. Checked at commit, so that two models can exchange their names.

    Two models may have the same slug, and the slug of one may be the id of the other, as variants of a model have.
    """

    name = "refuse_ambiguous_name"
    level = Row
    when = After
    timing = Deferred
    operation = Insert | UpdateOf("model_id", "aliases", "has_free_variant", "openrouter_slug")
    declare = [
        ("names", "text[]"),
        ("also", "text[]"),
        ("slugs", "text[]"),
        ("paid", "text[]"),
        ("wire_id", "text"),
        ("is_free", "boolean"),
        ("other", "text"),
        ("shared", "text"),
    ]
    # Several queries rather than one with OR: each uses an index, however many models there are. Those that concern free variants
    # and aliases are asked only of models that have some: thousands of new ones have none.
    func = """
        SELECT model_id, has_free_variant, aliases::text[], (aliases || model_id)::text[],
            CASE openrouter_slug WHEN '' THEN '{}' ELSE ARRAY[openrouter_slug] END
        INTO wire_id, is_free, also, names, slugs FROM catalog_aimodel WHERE id = NEW.id;
        IF is_free THEN
            names := names || ARRAY(SELECT name || ':free' FROM unnest(names) AS name);
            slugs := slugs || ARRAY(SELECT name || ':free' FROM unnest(slugs) AS name);
        END IF;
        paid := ARRAY(SELECT left(name, -5) FROM unnest(names) AS name WHERE name LIKE '%:free');
        SELECT model_id, name INTO other, shared FROM (
            SELECT model_id, (SELECT name FROM unnest(aliases) AS name WHERE name = ANY (names || slugs) LIMIT 1) AS name
            FROM catalog_aimodel
            WHERE aliases <> '{}' AND aliases && (names || slugs)::varchar[] AND id <> NEW.id
            UNION ALL
            SELECT model_id, model_id FROM catalog_aimodel WHERE model_id = ANY (names) AND id <> NEW.id
        ) AS others LIMIT 1;
        IF NOT FOUND AND paid <> '{}' THEN
            SELECT model_id, name INTO other, shared FROM (
                SELECT model_id, (SELECT name || ':free' FROM unnest(aliases) AS name WHERE name = ANY (paid) LIMIT 1) AS name
                FROM catalog_aimodel
                WHERE aliases <> '{}' AND aliases && paid::varchar[] AND has_free_variant AND id <> NEW.id
                UNION ALL
                SELECT model_id, model_id || ':free' FROM catalog_aimodel
                WHERE model_id = ANY (paid) AND has_free_variant AND id <> NEW.id
                UNION ALL
                SELECT model_id, openrouter_slug || ':free' FROM catalog_aimodel
                WHERE openrouter_slug <> '' AND openrouter_slug = ANY (paid) AND openrouter_slug || ':free' = ANY (also)
                    AND has_free_variant AND id <> NEW.id
            ) AS others LIMIT 1;
        END IF;
        IF NOT FOUND AND also <> '{}' THEN
            SELECT model_id, openrouter_slug INTO other, shared FROM catalog_aimodel
            WHERE openrouter_slug <> '' AND openrouter_slug = ANY (also) AND id <> NEW.id LIMIT 1;
        END IF;
        IF FOUND THEN
            RAISE EXCEPTION USING ERRCODE = 'check_violation', CONSTRAINT = 'model_names_are_unique',
                TABLE = TG_TABLE_NAME, COLUMN = 'aliases',
                MESSAGE = 'The name ' || shared || ' would find both ' || wire_id || ' and ' || other || '.';
        END IF;
        RETURN NULL;
    """
