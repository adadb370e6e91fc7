"""What one product can violate beyond the shape of its fields, in CEL, ordered as in admission.

The words are admission's: a message is the sentence that the folder says too, after which it tells,
where it can, what would be right. What other products, the settings or the data decide is a
condition, and so is what CEL could say only at a cost that the API server refuses: 0017-crd.md.
"""

from dphub_k8s.crd.demand import Demand
from dphub_k8s.crd.rules import backend, entity, identity, policies, quality, relations

DEMANDS: tuple[Demand, ...] = (
    *identity.DEMANDS,
    *backend.DEMANDS,
    *entity.DEMANDS,
    *relations.DEMANDS,
    *policies.DEMANDS,
    *quality.DEMANDS,
)
