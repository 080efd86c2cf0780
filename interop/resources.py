"""Secrets and SealedSecrets as the tests build and read them."""

import base64
from typing import Any

import yaml

NAMESPACE = "web"
NAME = "app"

SCOPE_ANNOTATIONS: dict[str, dict[str, str]] = {
    "strict": {},
    "namespace-wide": {"sealedsecrets.bitnami.com/namespace-wide": "true"},
    "cluster-wide": {"sealedsecrets.bitnami.com/cluster-wide": "true"},
}

LABELS = {"strict": f"{NAMESPACE}/{NAME}", "namespace-wide": NAMESPACE, "cluster-wide": ""}


def secret(values: dict[str, bytes], scope: str) -> bytes:
    """A Secret as kubectl would print it, for `scope`."""
    metadata: dict[str, Any] = {"name": NAME, "namespace": NAMESPACE}
    if annotations := SCOPE_ANNOTATIONS[scope]:
        metadata["annotations"] = annotations
    data = {key: base64.b64encode(value).decode() for key, value in values.items()}
    return document(
        {"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "metadata": metadata, "data": data}
    )


def sealed_secret(items: dict[str, str], scope: str) -> bytes:
    """A SealedSecret around values that are sealed already."""
    metadata = {"name": NAME, "namespace": NAMESPACE, "annotations": SCOPE_ANNOTATIONS[scope]}
    template = {"metadata": {"name": NAME, "namespace": NAMESPACE}, "type": "Opaque"}
    spec = {"encryptedData": items, "template": template}
    resource = {
        "apiVersion": "bitnami.com/v1alpha1",
        "kind": "SealedSecret",
        "metadata": metadata,
        "spec": spec,
    }
    return document(resource)


def document(resource: dict[str, Any]) -> bytes:
    text: str = yaml.dump(resource, Dumper=yaml.CSafeDumper)
    return text.encode()


def read(text: bytes) -> dict[str, Any]:
    """The one resource in YAML or JSON."""
    resource = yaml.load(text, Loader=yaml.CSafeLoader)
    assert isinstance(resource, dict)
    return resource


def values(text: bytes) -> dict[str, bytes]:
    """What a Secret holds, `stringData` over `data`."""
    resource = read(text)
    assert resource["kind"] == "Secret"
    # Go's JSON writer makes an empty value of bytes that are none null.
    data = {
        key: base64.b64decode(value or "", validate=True) for key, value in resource.get("data", {}).items()
    }
    return data | {key: value.encode() for key, value in resource.get("stringData", {}).items()}


def items(text: bytes) -> dict[str, str]:
    """The sealed values of a SealedSecret."""
    resource = read(text)
    assert resource["kind"] == "SealedSecret"
    sealed = resource["spec"]["encryptedData"]
    assert isinstance(sealed, dict)
    return sealed
