"""What may leave the building: aggregates without small cells, files about persons through a door of their own."""

from eriq.disclosure.people import Access as Access
from eriq.disclosure.people import about_people as about_people
from eriq.disclosure.people import only_for_owner as only_for_owner
from eriq.disclosure.release import MIN_PEOPLE as MIN_PEOPLE
from eriq.disclosure.release import WITHHELD as WITHHELD
from eriq.disclosure.release import Release as Release
from eriq.disclosure.release import count_words as count_words
from eriq.disclosure.release import in_force as in_force
from eriq.disclosure.release import min_people as min_people
from eriq.disclosure.release import rounded as rounded
from eriq.disclosure.suppression import hide_parts as hide_parts
from eriq.disclosure.tables import publishable as publishable
from eriq.disclosure.tables import publishable_all as publishable_all
