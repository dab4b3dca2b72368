# Compiles mbedTLS and Expat from their sources, lean, into a sysroot. To be sourced.
# Each takes the folder of its sources; $sysroot, $configs, $work and the
# variables of targets.sh tell the rest.

library_flags() {
    printf '%s\n' --target="$clang_target" --sysroot="$sysroot" "${machine_flags[@]}" -DNDEBUG \
        -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables -fno-ident \
        -ffile-prefix-map="$work"=. -w
}

# What reads what strangers send: small, and with a guarded stack. What computes, and
# takes most of the time: for size with sense. This machine has room enough for speed.
library_levels() {
    parsing=(-Oz -fstack-protector-strong) computing=(-Os)
    [ "$target" != host ] || parsing=(-O2 -fstack-protector-strong) computing=(-O2)
}

# library NAME SOURCES FLAG… -- FILE…   (files by their names without .c, in the folder SOURCES)
# Called again with the same name it adds to the library.
library() {
    local name=$1 sources=$2 flags=() base=() objects
    shift 2
    while [ "$1" != -- ]; do flags+=("$1"); shift; done
    shift
    mapfile -t base < <(library_flags)
    objects=$work/objects/$name
    mkdir -p "$objects"
    printf '%s\0' "$@" | xargs -0 -P "$(nproc)" -I '{}' \
        "$toolchain/clang" "${base[@]}" "${flags[@]}" -c "$sources/{}.c" -o "$objects/{}.o" || {
        echo "could not compile $name for $target (see above)" >&2
        return 1
    }
    local files=("${@/#/$objects/}")
    # D: no times or owners in the archive, the same inputs give the same bytes.
    "$toolchain/llvm-ar" rcsD "$sysroot/usr/lib/lib$name.a" "${files[@]/%/.o}"
}

library_mbedtls() {
    local source=$1 parsing computing
    library_levels
    mkdir -p "$sysroot/usr/include/mbedtls"
    cp "$source"/include/mbedtls/*.h "$sysroot/usr/include/mbedtls/"
    # In the place of its own, so that whoever includes the headers sees the same structs.
    cp "$configs/mbedtls_config.h" "$sysroot/usr/include/mbedtls/config.h"
    local library=$source/library
    library mbedtls "$library" "${parsing[@]}" -I"$library" -- \
        ssl_ciphersuites ssl_cli ssl_msg ssl_tls || return 1
    library mbedx509 "$library" "${parsing[@]}" -I"$library" -- x509 x509_crt || return 1
    library mbedcrypto "$library" "${parsing[@]}" -I"$library" -- asn1parse asn1write base64 cipher \
        cipher_wrap ctr_drbg ecdh ecdsa ecp_curves md oid pem pk pk_wrap pkparse platform_util rsa \
        rsa_internal || return 1
    library mbedcrypto "$library" "${computing[@]}" -I"$library" -- aes aesni bignum chacha20 \
        chachapoly constant_time ecp gcm poly1305 sha1 sha256 sha512 || return 1
    library mbedcrypto "$configs" "${computing[@]}" -- aes_encryption
}

library_expat() {
    local source=$1/expat/lib parsing computing
    library_levels
    cp "$source"/expat.h "$source"/expat_external.h "$sysroot/usr/include/"
    library expat "$source" "${parsing[@]}" -I"$configs" -I"$source" -DHAVE_EXPAT_CONFIG_H -DXML_STATIC -- \
        xmlparse xmlrole xmltok
}
