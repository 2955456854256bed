"""The known traps of procurement portals, and the tests that walk into each of them."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MOST = 38


@dataclass(frozen=True)
class Trap:
    """What a portal does to its readers, the tests that show it, what no test can show."""

    says: str
    tests: tuple[str, ...]
    beyond: str = ""


def trap(says: str, *tests: str, beyond: str = "") -> Trap:
    """Return a trap; its tests are written `path below tests::name`, without .py."""
    return Trap(says, tests, beyond)


TRAPS = {
    1: trap(
        "A block comes as HTTP 200 with a small page that holds no rows.",
        "portals/test_refusals::test_no_portal_makes_listings_of_an_answer_that_is_none",
        "polling/test_poll::test_an_answer_that_is_no_list_is_a_state_of_the_source_and_never_no_news",
    ),
    2: trap(
        "HTTP 200 comes with no bytes at all now and then.",
        "web/test_visit::test_an_empty_200_is_asked_for_once_more",
        "polling/test_poll::test_an_answer_that_is_no_list_is_a_state_of_the_source_and_never_no_news",
    ),
    3: trap(
        "One address works, fails and works again: one failure is no dead site.",
        "test_rounds::test_a_list_that_fails_every_other_time_is_said_each_time_and_told_to_nobody",
        "polling/test_poll::test_a_trouble_is_told_after_two_rounds_and_its_end_once",
        "polling/test_poll::test_a_long_outage_gives_no_notice_up",
        beyond="that a site answers by the country of the asking address",
    ),
    4: trap(
        "Whether a host speaks http or https, and on which port, is its own affair.",
        "web/test_fetch::test_an_address_is_asked_as_it_stands_whatever_scheme_and_port_the_site"
        "_would_like",
        "portals/test_linklist::test_links_and_pages_keep_the_scheme_and_port_of_their_list",
    ),
    5: trap(
        "A shield answers with a page or a 405 where JSON is due.",
        "portals/test_zcy::test_whatever_is_no_answer_is_never_no_news_trap_5",
        "portals/test_refusals::test_the_same_answer_is_refused_where_json_was_due",
    ),
    6: trap(
        "A signature is of the exact bytes, so JSON must not be written anew after it.",
        "portals/test_jsonrows::test_a_body_has_no_blanks_and_keeps_its_order_trap_6",
        "portals/test_zcy::test_each_kind_is_asked_for_by_the_bytes_that_are_signed",
        "web/test_signing::test_the_exact_bytes_that_are_sent_are_signed",
    ),
    7: trap(
        "Old servers speak an old TLS, or show certificates that nobody can verify.",
        "web/test_tls::test_an_old_server_is_refused_unless_its_source_opts_in",
        "web/test_tls::test_the_certificate_of_an_old_server_is_verified_all_the_same",
        "web/test_tls::test_a_server_without_secure_renegotiation_is_left_at_its_first_word"
        "_by_default",
        "web/test_tls::test_a_loosened_check_is_written_into_the_capture",
        "test_rounds::test_an_old_tls_is_accepted_of_the_source_that_asks_for_it_alone",
        "test_config::test_sources_say_how_their_tls_is_looser_than_usual",
        beyond="a server that sends a wrong point of its curve",
    ),
    8: trap(
        "Refusals are codes inside HTTP 200, and a list stops at a thousand rows unasked.",
        "portals/test_ggzy::test_codes_within_an_answer_of_status_200_are_refusals",
        "portals/test_ggzy::test_every_row_of_a_day_above_the_cap_is_read_once",
        "portals/test_ggzy::test_a_stage_of_a_province_and_day_at_the_cap_is_withheld_and_read",
    ),
    9: trap(
        "Asking on while blocked lengthens the ban, which is on the address for all sources.",
        "test_rounds::test_a_round_that_is_blocked_asks_for_nothing_more_and_waits_longer_each_time",
        "test_rounds::test_two_sources_of_one_host_share_its_budget",
        "web/test_manners::test_a_budget_is_per_host_and_day",
        "web/test_manners::test_one_host_has_one_lane_and_two_hosts_have_two",
    ),
    10: trap(
        "Lists and notices are shown only to who comes from the first page, with its cookie.",
        "test_rounds::test_the_first_page_gives_a_cookie_that_list_and_notices_are_asked_for_with",
        "test_rounds::test_who_does_not_come_that_way_is_blocked_and_says_so",
    ),
    11: trap(
        "The second page of a list is called 1.",
        "portals/test_ccgp::test_page_two_is_index_1_and_the_last_page_ends",
        "portals/test_linklist::test_the_next_page_is_made_from_a_pattern",
    ),
    12: trap(
        "Rows move to the next page while one reads.",
        "polling/test_poll::test_rows_that_shift_to_the_next_page_are_neither_lost_nor_doubled",
        "polling/test_poll::test_the_same_listing_twice_on_a_page_is_one",
        "polling/test_poll::test_a_list_is_left_when_a_page_is_older_than_the_horizon",
    ),
    13: trap(
        "Late rows come behind known ones, so the first known row is no end.",
        "test_rounds::test_a_row_that_comes_late_is_found_behind_a_whole_page_of_known_ones",
        "polling/test_poll::test_paging_goes_on_past_known_rows",
    ),
    14: trap(
        "A parameter that a site does not know is ignored: page one comes forever.",
        "test_rounds::test_a_portal_that_shows_page_one_forever_is_left_and_said",
        "portals/test_worldbank::test_all_pages_are_read_by_their_offset_in_the_api",
        "portals/test_worldbank::test_a_country_that_the_site_ignores_is_a_layout_error",
        "polling/test_watch::test_a_page_is_judged_by_itself",
    ),
    15: trap(
        "Rows lie in data within data.",
        "portals/test_zcy::test_rows_lie_two_levels_deep_and_a_publisher_is_no_buyer_trap_15",
        "portals/test_zcy::test_a_list_without_an_anchor_is_a_layout_error",
    ),
    16: trap(
        "Sister platforms put rows and total at other depths, or JSON within JSON.",
        "portals/test_freecms::test_json_within_json_is_read_trap_16",
        "portals/test_gpcms::test_rows_are_read_and_a_mark_within_a_word_leaves_no_blank_trap_30",
        "portals/test_jsonlist_answers::test_rows_are_found_in_every_wrapping",
    ),
    17: trap(
        "An id is base64 with + / = and must be encoded once; older ones are numbers.",
        "portals/test_zcy::test_an_id_is_encoded_once_whether_base64_or_a_number_trap_17",
        "portals/test_cebpubservice::test_trap_17_an_id_is_encoded_once_in_the_address",
        "portals/test_jsonlist::test_an_id_is_encoded_once_into_its_address",
    ),
    18: trap(
        "A purchase has many notices and rounds under one title; its number is hard to read.",
        "text/test_sameness::test_what_only_looks_alike_is_not_one",
        "text/test_fields::test_the_project_number_ends_where_the_sentence_goes_on",
        "store/test_processes::test_notices_of_one_number_and_buyer_are_one_purchase",
        "store/test_processes::test_a_notice_without_a_number_of_its_own_is_linked_to_nothing",
    ),
    19: trap(
        "Several portals show one notice with other addresses, titles and days.",
        "text/test_sameness::test_a_notice_and_its_copy_are_one",
        "polling/test_opening::test_a_notice_of_two_portals_is_told_once_with_both_links",
    ),
    20: trap(
        "The channel says another type than the title.",
        "text/test_noticetypes::test_the_title_goes_before_the_channel",
        "portals/test_ggzypages::test_trap_20_the_title_says_the_type_before_the_tab",
        "portals/test_zcynotices::test_the_type_in_the_title_goes_before_that_of_the_list_trap_20",
    ),
    21: trap(
        "Codes of categories differ by site and by year.",
        "portals/test_zcy::test_codes_are_good_for_their_year_alone_trap_21",
        "portals/test_zcy::test_the_tree_of_kinds_leads_to_a_list_for_each_leaf",
    ),
    22: trap(
        "Days are spelt in five ways and are China's; a clock in UTC asks for the wrong day.",
        "text/test_dates::test_a_time_is_read_in_utc",
        "text/test_dates::test_a_day_alone_is_midnight_in_china",
        "text/test_dates::test_a_printed_offset_is_obeyed",
        "portals/test_days::test_a_day_begins_at_four_in_the_afternoon_of_utc",
        "portals/test_asking::test_an_address_is_filled_in_with_days_of_china",
        "portals/test_zcy::test_the_year_is_that_of_china",
    ),
    23: trap(
        "A day without a time is no midnight, and a missing day is not today.",
        "portals/test_jsonlist::test_a_day_without_a_time_is_no_midnight",
        "portals/test_jsonlist::test_an_unreadable_day_is_an_issue_and_its_row_stays",
        "text/test_fields::test_a_date_that_cannot_be_read_is_an_issue_and_no_default",
        "alerting/test_content::test_times_are_those_of_china",
    ),
    24: trap(
        "Sums are in yuan or ten thousands of them, are rates, or nought for a framework.",
        "text/test_money::test_a_sum_is_read_in_yuan",
        "text/test_money::test_the_unit_of_the_label_counts_where_the_number_has_none",
        "text/test_money::test_what_is_no_sum_of_yuan_is_none",
        "text/test_fields::test_the_value_of_an_award_is_its_total_over_the_lots",
        "portals/test_ggzypages::test_trap_24_a_framework_contract_of_nought_yuan_has_no_value",
    ),
    25: trap(
        "Rows carry the budget as a text with four decimals.",
        "portals/test_freecms::test_a_budget_in_yuan_is_taken_from_the_row_where_the_text_has_none"
        "_trap_25",
    ),
    26: trap(
        "Labels come twice and with blanks inside, a buyer once for each lot.",
        "text/test_fields::test_the_buyer_is_read_from_its_label",
        "text/test_fields::test_the_value_of_an_award_is_its_total_over_the_lots",
        "text/test_labels::test_a_label_is_known_by_its_words_alone",
    ),
    27: trap(
        "Classes are misspelt, ids come twice, tags are closed too often.",
        "portals/test_ccgp::test_a_page_of_misspelt_repeated_and_unbalanced_parts_is_read_whole",
        "portals/test_ccgp::test_both_templates_give_buyer_and_attachments",
    ),
    28: trap(
        "Tables of goods have moving columns, several things in a cell, or stand elsewhere.",
        "text/test_items::test_one_item_is_read_from_every_layout",
        "text/test_items::test_cells_that_list_the_same_number_of_things_are_split",
        "text/test_items::test_a_line_without_a_head_goes_on_only_within_a_cell",
        "text/test_markup::test_a_table_becomes_a_grid",
        "text/test_zones::test_items_in_a_table_under_other_matters_are_items_to_the_last_row",
    ),
    29: trap(
        "The brand is only in an attachment: it could not be checked, which is not no.",
        "text/test_items::test_what_is_only_in_an_attachment_is_said",
        "text/test_fields::test_items_that_stand_elsewhere_are_known",
        "screening/test_score::test_every_verdict_has_its_reason",
        "screening/test_score::test_what_could_not_be_read_is_said",
        "test_sites::test_a_product_that_stands_in_an_attachment_only_is_told_with_its_page",
    ),
    30: trap(
        "Titles are marked inside words or cut; letters are wide, with blanks that none sees.",
        "portals/test_gpcms::test_rows_are_read_and_a_mark_within_a_word_leaves_no_blank_trap_30",
        "portals/test_jsonlist::test_marks_of_a_search_within_a_title_leave_no_blank",
        "portals/test_linklist::test_a_row_is_read_by_the_selectors_of_its_stanza",
        "text/test_normalize::test_a_text_folds_to_the_form_that_aliases_are_matched_in",
        "text/test_normalize::test_a_word_found_in_the_folded_text_is_quoted_from_the_original",
    ),
    31: trap(
        "Word processors leave styles behind, and hidden parts carry codes of templates.",
        "text/test_markup::test_what_a_word_processor_leaves_around_its_text_is_no_text",
        "text/test_markup::test_a_hidden_rest_is_dropped_and_a_hidden_whole_body_kept",
    ),
    32: trap(
        "Every award names private persons, and numbers in which a brand seems to stand.",
        "text/test_zones::test_persons_and_their_numbers_land_in_no_zone",
        "text/test_zones::test_policy_the_site_bodies_and_sums_are_no_zone",
        "text/test_fields::test_telephone_numbers_land_in_no_field_and_no_zone",
        "text/test_privacy::test_what_identifies_a_person_is_masked",
        "alerting/test_content::test_nothing_private_gets_into_a_content",
    ),
    33: trap(
        "Scripts and meta tags hold the ids and days of another notice.",
        "portals/test_ggzypages::test_trap_33_the_rests_of_other_notices_are_not_read",
    ),
    34: trap(
        "The buyer of a row is an agent or a mask.",
        "portals/test_freecms::test_a_masked_buyer_stays_as_the_page_shows_it_trap_34",
        "screening/test_organs::test_a_hidden_name_is_masked",
        "screening/test_organs::test_a_row_is_opened_by_the_buyer_and_the_body_it_shows",
        "screening/test_organs::test_the_labelled_buyer_decides_then_the_end_user_then_whom_the"
        "_title_begins_with",
    ),
    35: trap(
        "A guess at the encoding fails on short pages, and some sites send Latin bytes.",
        "text/test_charset::test_the_bytes_decide_whatever_the_header_says",
        "portals/test_refusals::test_an_answer_that_is_none_is_refused_with_its_cause",
        "portals/test_ocds::test_latin_bytes_are_read_whatever_they_are_labelled",
    ),
    36: trap(
        "A brand is required, excluded, bought, struck or not bought after all, by the stage.",
        "screening/test_stance::test_the_words_around_a_product_settle_its_stance",
        "screening/test_stance::test_a_bare_mention_is_supplied_once_the_purchase_is_decided",
        "screening/test_stance::test_what_a_correction_struck_is_not_asked_for",
        "screening/test_score::test_every_verdict_has_its_reason",
        "alerting/test_lines::test_no_code_of_the_program_is_shown_for_a_stage",
    ),
    37: trap(
        "Nothing found and not looked are two things.",
        "test_rounds::test_no_news_and_a_look_that_failed_are_two_states",
        "polling/test_poll::test_an_answer_that_is_no_list_is_a_state_of_the_source_and_never_no_news",
        "test_cli::test_a_source_that_fails_makes_poll_exit_one_and_says_why",
        "alerting/test_lines::test_what_could_not_be_checked_is_never_told_as_no",
    ),
    38: trap(
        "A site forbids copies: what is told is facts, link and hash.",
        "test_rounds::test_the_store_keeps_facts_link_and_hash_and_no_copy_of_the_page",
    ),
}


@cache
def list_tests(path: Path) -> frozenset[str]:
    """Return the test functions of a file."""
    body = ast.parse(path.read_text("utf-8")).body
    return frozenset(
        node.name
        for node in body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


def test_every_trap_has_its_place_in_the_table() -> None:
    assert list(TRAPS) == list(range(1, MOST + 1))


@pytest.mark.parametrize("number", TRAPS)
def test_a_trap_is_told_in_a_sentence_and_held_by_tests_that_exist(number: int) -> None:
    found = TRAPS[number]
    assert found.says[0].isupper()
    assert found.says.endswith(".")
    assert len(found.says) <= 90
    assert found.tests
    for node in found.tests:
        path, _, name = node.partition("::")
        assert name in list_tests(ROOT / "tests" / f"{path}.py"), node
