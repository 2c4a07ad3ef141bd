//! MFA devices: authenticators that prove presence with codes by time. Security keys, which are made by
//! [`crate::security_keys`], are shown and let go here too.

mod qr;

use std::sync::Arc;

use api::iam::faults;
use api::iam::types::{
    AssignmentStatusType, CreateVirtualMfaDeviceInput, CreateVirtualMfaDeviceOutput,
    DeactivateMfaDeviceInput, DeleteVirtualMfaDeviceInput, EnableMfaDeviceInput, GetMfaDeviceInput,
    GetMfaDeviceOutput, ListMfaDeviceTagsInput, ListMfaDeviceTagsOutput, ListMfaDevicesInput,
    ListMfaDevicesOutput, ListVirtualMfaDevicesInput, ListVirtualMfaDevicesOutput,
    MfaDevice as AssignedDetail, ResyncMfaDeviceInput, TagMfaDeviceInput, UntagMfaDeviceInput,
    VirtualMfaDevice as DeviceDetail,
};
use authz::{Ask, totp};
use data_encoding::BASE32_NOPAD;
use directory::{Account, AccountKey, EntityKey, MfaAssignment, MfaDevice, MfaStep, User};
use service::{Context, Error, Paging, Result, Route, Write, routes};
use store::seal::Sealed;
use store::{Page, Position, Record as _, RecordKey as _};
use types::{Arn, Path, UniqueId};
use wire::Fault;

use crate::tags::Keys;
use crate::target::Target;
use crate::users::{named_or_caller, user_or_caller};
use crate::{Iam, quota, tags, users};

pub(crate) const ROUTES: &[Route<Iam>] = routes![Iam;
    CreateVirtualMFADevice => create_virtual_mfa_device,
    ListVirtualMFADevices => list_virtual_mfa_devices,
    DeleteVirtualMFADevice => delete_virtual_mfa_device,
    EnableMFADevice => enable_mfa_device,
    ResyncMFADevice => resync_mfa_device,
    DeactivateMFADevice => deactivate_mfa_device,
    GetMFADevice => get_mfa_device,
    ListMFADevices => list_mfa_devices,
    TagMFADevice => tag_mfa_device,
    UntagMFADevice => untag_mfa_device,
    ListMFADeviceTags => list_mfa_device_tags,
];

impl Iam {
    pub(crate) async fn create_virtual_mfa_device(
        &self,
        cx: &Context<'_>,
        input: CreateVirtualMfaDeviceInput,
    ) -> Result<CreateVirtualMfaDeviceOutput> {
        let owner = cx.owner()?;
        let path = input.path.as_deref().map_or(Ok(Path::root()), Path::parse)?;
        let name = &input.virtual_mfa_device_name;
        let tags = Keys::Cased.parse(input.tags.as_deref())?;
        let serial = owner.iam_arn(&format!("mfa{path}{name}"));
        if serial.as_str().len() > LONGEST_SERIAL {
            return Err(too_long(name).into());
        }
        let mut asks = vec![Ask::new("iam:CreateVirtualMFADevice", &serial).with_request_tags(&tags)];
        if !tags.is_empty() {
            // Tags on creation need leave to tag as well (AWS: "Tags for IAM resources").
            asks.push(Ask::new("iam:TagMFADevice", &serial).with_request_tags(&tags));
        }
        let permit = cx.authorize_all(&asks).await?;

        let mut write = cx.write(&permit)?;
        let partition = owner.to_string();
        if write.find::<MfaDevice>(&MfaDevice::BY_SERIAL, &partition, serial.as_str()).await?.is_some() {
            let message = "MFADevice entity at the same path and name already exists.";
            return Err(faults::entity_already_exists(message).into());
        }
        let seed = cx.ids().bytes::<SEED_LENGTH>()?;
        let id = UniqueId::parse(&BASE32_NOPAD.encode(&cx.ids().bytes::<15>()?)).map_err(Error::internal)?;
        let device = MfaDevice {
            owner,
            id,
            serial,
            created: cx.now(),
            assignment: None,
            last_step: None,
            tags,
            security_key: None,
        };
        let keyring = cx.authorizer().keyring();
        let sealed = keyring
            .seal(MfaDevice::PURPOSE, device.key().path().as_bytes(), &seed)
            .map_err(Error::internal)?;
        write.put_secret(MfaDevice::SECRET, device.key().path(), sealed.to_string());
        let device = write.insert(device).await?;

        let seed = BASE32_NOPAD.encode(&seed);
        // The name of the account is its alias, or else its id (AWS: "VirtualMFADevice").
        let account = cx.read().get::<Account>(&AccountKey(owner)).await?;
        let alias = account.and_then(|account| account.alias.as_ref().map(ToString::to_string));
        let account = alias.unwrap_or_else(|| owner.account.to_string());
        let uri = format!("otpauth://totp/{name}@{account}?secret={seed}");
        let virtual_mfa_device = DeviceDetail {
            serial_number: device.serial.to_string(),
            base32_string_seed: Some(seed.into_bytes()),
            qr_code_png: Some(qr::png(&uri)?),
            tags: tags::shown(&device.tags),
            ..DeviceDetail::default()
        };
        write.commit(CreateVirtualMfaDeviceOutput { virtual_mfa_device }).await
    }

    pub(crate) async fn list_virtual_mfa_devices(
        &self,
        cx: &Context<'_>,
        input: ListVirtualMfaDevicesInput,
    ) -> Result<ListVirtualMfaDevicesOutput> {
        let paging = Paging::new(input.marker.as_deref(), input.max_items)?;
        let owner = cx.owner()?;
        cx.authorize(Ask::new("iam:ListVirtualMFADevices", &owner.iam_arn("mfa/"))).await?;

        let (index, partition) = match input.assignment_status.unwrap_or(AssignmentStatusType::Any) {
            AssignmentStatusType::Any => (&MfaDevice::BY_SERIAL, owner.to_string()),
            AssignmentStatusType::Assigned => (&MfaDevice::BY_STATE, MfaDevice::state_partition(owner, true)),
            AssignmentStatusType::Unassigned => {
                (&MfaDevice::BY_STATE, MfaDevice::state_partition(owner, false))
            }
        };
        // Serial numbers tell security keys, which are not virtual, by their kind.
        let range =
            store::Range::prefix(owner.iam_arn("mfa/").as_str()).after(resume(cx, paging.after()).await?);
        let page: Page<MfaDevice> = cx.read().scan(index, &partition, range, paging.limit()).await?;
        let mut virtual_mfa_devices = Vec::with_capacity(page.items.len());
        for device in &page.items {
            virtual_mfa_devices.push(listed(cx, device).await?);
        }
        Ok(ListVirtualMfaDevicesOutput {
            virtual_mfa_devices,
            is_truncated: Some(page.next.is_some()),
            marker: page.next.as_ref().map(Paging::marker),
        })
    }

    pub(crate) async fn delete_virtual_mfa_device(
        &self,
        cx: &Context<'_>,
        input: DeleteVirtualMfaDeviceInput,
    ) -> Result<()> {
        let device = Device::numbered(cx, &input.serial_number).await?;
        let permit = cx.authorize(device.ask("iam:DeleteVirtualMFADevice")).await?;

        let device = device.existing_virtual()?;
        if device.assignment.is_some() {
            return Err(faults::delete_conflict("MFA VirtualDevice in use. Must deactivate first.").into());
        }
        let mut write = cx.write(&permit)?;
        write.delete::<MfaDevice>(&device.key()).await?;
        write.delete_secret(MfaDevice::SECRET, device.key().path());
        write.commit(()).await
    }

    pub(crate) async fn enable_mfa_device(
        &self,
        cx: &Context<'_>,
        input: EnableMfaDeviceInput,
    ) -> Result<()> {
        let target = Target::<User>::named(cx, &input.user_name).await?;
        let permit = cx.authorize(target.ask("iam:EnableMFADevice")).await?;

        let user = target.existing()?;
        let mut device = (*Device::numbered(cx, &input.serial_number).await?.existing_virtual()?).clone();
        if device.assignment.is_some() {
            return Err(faults::entity_already_exists("MFA Device is already in use.").into());
        }
        let mut write = cx.write(&permit)?;
        let codes = (&*input.authentication_code1, &*input.authentication_code2);
        device.last_step = Some(proved(cx, &write, &device, codes, ENABLE_REACH).await?);
        device.assignment = Some(MfaAssignment { user: user.id.clone(), enabled: cx.now() });
        quota::MFA_DEVICES.hold(&mut write, user.owner, user.grantee().partition()).await?;
        write.put(device).await?;
        write.commit(()).await
    }

    pub(crate) async fn resync_mfa_device(
        &self,
        cx: &Context<'_>,
        input: ResyncMfaDeviceInput,
    ) -> Result<()> {
        let target = Target::<User>::named(cx, &input.user_name).await?;
        let permit = cx.authorize(target.ask("iam:ResyncMFADevice")).await?;

        let user = target.existing()?;
        let mut device = (*of_user(cx, &user, &input.serial_number).await?).clone();
        if device.security_key.is_some() {
            return Err(missing(&input.serial_number).into());
        }
        let mut write = cx.write(&permit)?;
        let codes = (&*input.authentication_code1, &*input.authentication_code2);
        device.last_step = Some(proved(cx, &write, &device, codes, RESYNC_REACH).await?);
        let device = write.put(device).await?;
        write.commit(()).await?;
        cx.authorizer().lift_mfa_lock(&device, cx.now()).await?;
        Ok(())
    }

    pub(crate) async fn deactivate_mfa_device(
        &self,
        cx: &Context<'_>,
        input: DeactivateMfaDeviceInput,
    ) -> Result<()> {
        let target = user_or_caller(cx, input.user_name.as_deref()).await?;
        let permit = cx.authorize(target.ask("iam:DeactivateMFADevice")).await?;

        let user = target.existing()?;
        let mut device = (*of_user(cx, &user, &input.serial_number).await?).clone();
        let mut write = cx.write(&permit)?;
        if device.security_key.is_some() {
            // A security key that is nobody's is of no use to anybody (AWS: "Deactivate an MFA device").
            write.delete::<MfaDevice>(&device.key()).await?;
        } else {
            device.assignment = None;
            write.put(device).await?;
        }
        write.commit(()).await
    }

    pub(crate) async fn get_mfa_device(
        &self,
        cx: &Context<'_>,
        input: GetMfaDeviceInput,
    ) -> Result<GetMfaDeviceOutput> {
        let Some(target) = named_or_caller(cx, input.user_name.as_deref()).await? else {
            // The root user asks for its own device, and has none.
            cx.authorize(Ask::new("iam:GetMFADevice", &cx.owner()?.root_arn())).await?;
            return Err(missing(&input.serial_number).into());
        };
        cx.authorize(target.ask("iam:GetMFADevice")).await?;

        let user = target.existing()?;
        let device = of_user(cx, &user, &input.serial_number).await?;
        Ok(GetMfaDeviceOutput {
            user_name: Some(user.name.to_string()),
            serial_number: device.serial.to_string(),
            enable_date: device.assignment.as_ref().map(|assignment| assignment.enabled),
            certifications: device
                .security_key
                .as_ref()
                .map(|key| key.certifications.clone())
                .filter(|certifications| !certifications.is_empty()),
        })
    }

    pub(crate) async fn list_mfa_devices(
        &self,
        cx: &Context<'_>,
        input: ListMfaDevicesInput,
    ) -> Result<ListMfaDevicesOutput> {
        let paging = Paging::new(input.marker.as_deref(), input.max_items)?;
        let Some(target) = named_or_caller(cx, input.user_name.as_deref()).await? else {
            // The root user asks for its own devices, and has none.
            cx.authorize(Ask::new("iam:ListMFADevices", &cx.owner()?.root_arn())).await?;
            return Ok(ListMfaDevicesOutput {
                mfa_devices: Vec::new(),
                is_truncated: Some(false),
                marker: None,
            });
        };
        cx.authorize(target.ask("iam:ListMFADevices")).await?;

        let user = target.existing()?;
        let partition = user.grantee().partition();
        let page: Page<MfaDevice> =
            cx.read().scan(&MfaDevice::BY_USER, &partition, paging.range(""), paging.limit()).await?;
        let devices = page.items.iter().map(|device| AssignedDetail {
            user_name: user.name.to_string(),
            serial_number: device.serial.to_string(),
            enable_date: device.assignment.as_ref().map_or(device.created, |assignment| assignment.enabled),
        });
        Ok(ListMfaDevicesOutput {
            mfa_devices: devices.collect(),
            is_truncated: Some(page.next.is_some()),
            marker: page.next.as_ref().map(Paging::marker),
        })
    }

    pub(crate) async fn tag_mfa_device(&self, cx: &Context<'_>, input: TagMfaDeviceInput) -> Result<()> {
        let added = Keys::Cased.parse_some(&input.tags)?;
        let device = Device::numbered(cx, &input.serial_number).await?;
        let permit = cx.authorize(device.ask("iam:TagMFADevice").with_request_tags(&added)).await?;

        let mut device = (*device.existing()?).clone();
        device.tags = Keys::Cased.merged(&device.tags, &added)?;
        let mut write = cx.write(&permit)?;
        write.put(device).await?;
        write.commit(()).await
    }

    pub(crate) async fn untag_mfa_device(&self, cx: &Context<'_>, input: UntagMfaDeviceInput) -> Result<()> {
        let device = Device::numbered(cx, &input.serial_number).await?;
        let ask = device.ask("iam:UntagMFADevice").with_tag_keys(input.tag_keys.iter().map(String::as_str));
        let permit = cx.authorize(ask).await?;

        let mut device = (*device.existing()?).clone();
        device.tags = Keys::Cased.without(&device.tags, &input.tag_keys);
        let mut write = cx.write(&permit)?;
        write.put(device).await?;
        write.commit(()).await
    }

    pub(crate) async fn list_mfa_device_tags(
        &self,
        cx: &Context<'_>,
        input: ListMfaDeviceTagsInput,
    ) -> Result<ListMfaDeviceTagsOutput> {
        let paging = Paging::new(input.marker.as_deref(), input.max_items)?;
        let device = Device::numbered(cx, &input.serial_number).await?;
        cx.authorize(device.ask("iam:ListMFADeviceTags")).await?;

        let device = device.existing()?;
        let (tags, marker) = paging.slice(tags::list(&device.tags), tags::place);
        Ok(ListMfaDeviceTagsOutput { tags, is_truncated: Some(marker.is_some()), marker })
    }
}

/// What a serial number of a request names: a device, or the ARN of one that does not exist.
struct Device {
    serial: Arn,
    found: Option<Arc<MfaDevice>>,
}

impl Device {
    /// Looks for the device of the caller's account with a serial number.
    async fn numbered(cx: &Context<'_>, serial: &str) -> Result<Self> {
        let owner = cx.owner()?;
        let found = cx.read().find::<MfaDevice>(&MfaDevice::BY_SERIAL, &owner.to_string(), serial).await?;
        // Hardware devices have serial numbers that are no ARNs.
        let serial = Arn::parse(serial).unwrap_or_else(|_| owner.iam_arn(&format!("mfa/{serial}")));
        Ok(Self { serial, found })
    }

    fn ask(&self, action: &'static str) -> Ask {
        let ask = Ask::new(action, &self.serial);
        match &self.found {
            Some(device) => ask.with_resource_tags(&device.tags),
            None => ask,
        }
    }

    fn existing(self) -> Result<Arc<MfaDevice>> {
        Ok(self.found.ok_or_else(|| missing(self.serial.as_str()))?)
    }

    /// The device, if it makes codes.
    fn existing_virtual(self) -> Result<Arc<MfaDevice>> {
        let found = self.found.filter(|device| device.security_key.is_none());
        Ok(found.ok_or_else(|| missing(self.serial.as_str()))?)
    }
}

/// A device that must be a user's.
async fn of_user(cx: &Context<'_>, user: &User, serial: &str) -> Result<Arc<MfaDevice>> {
    let is_own = |device: &Arc<MfaDevice>| {
        device.assignment.as_ref().is_some_and(|assignment| assignment.user == user.id)
    };
    let found = Device::numbered(cx, serial).await?.found.filter(is_own);
    Ok(found.ok_or_else(|| missing(serial))?)
}

/// Holds two codes in a row against a device's seed. The codes are used up with that.
async fn proved(
    cx: &Context<'_>,
    write: &Write<'_>,
    device: &MfaDevice,
    codes: (&str, &str),
    reach: i64,
) -> Result<MfaStep> {
    let key = device.key();
    let sealed = write.secret(MfaDevice::SECRET, &key.path()).await?;
    let sealed = sealed.ok_or_else(|| Error::internal(format!("the seed of `{}` is gone", device.serial)))?;
    let sealed: Sealed = sealed.parse().map_err(Error::internal)?;
    let keyring = cx.authorizer().keyring();
    let seed = keyring.unseal(MfaDevice::PURPOSE, key.path().as_bytes(), &sealed).map_err(Error::internal)?;
    let now = totp::step_of(cx.now());
    let behind = device.last_step.map(|last| last.step);
    let Some(first) = totp::find_pair(&seed, codes, now, reach, behind) else {
        return Err(
            faults::invalid_authentication_code("Authentication code for device is not valid.").into()
        );
    };
    let step = first.saturating_add(1);
    Ok(MfaStep { step, ahead: step.saturating_sub(now) })
}

/// A device as ListVirtualMFADevices shows it: whose it is, but neither seed nor tags.
async fn listed(cx: &Context<'_>, device: &MfaDevice) -> Result<DeviceDetail> {
    let mut detail = DeviceDetail { serial_number: device.serial.to_string(), ..DeviceDetail::default() };
    if let Some(assignment) = &device.assignment {
        let user = cx.read().get::<User>(&EntityKey::new(device.owner, assignment.user.clone())).await?;
        let uses = cx.authorizer().password_uses(device.owner).await?;
        detail.user = user.map(|user| users::summary(&user, uses.get(&user.id).copied()));
        detail.enable_date = Some(assignment.enabled);
    }
    Ok(detail)
}

/// The place behind which a list goes on: a marker may hold only the beginning of a long serial number, and the
/// device that stood there knows the rest.
async fn resume(cx: &Context<'_>, after: Option<Position>) -> Result<Option<Position>> {
    let Some(after) = after else { return Ok(None) };
    let Some(key) = EntityKey::parse_path(&after.key) else { return Ok(Some(after)) };
    let there = cx.read().get::<MfaDevice>(&key).await?;
    let place = |device: Arc<MfaDevice>| Position { sort: device.serial.to_string(), key: after.key.clone() };
    Ok(Some(there.map(place).filter(|there| there.sort.starts_with(&after.sort)).unwrap_or(after)))
}

fn missing(serial: &str) -> Fault {
    faults::no_such_entity(format!("VirtualMFADevice with serial number {serial} doesn't exist."))
}

fn too_long(name: &str) -> Fault {
    Fault::validation(format!(
        "1 validation error detected: Value '{name}' at 'virtualMFADeviceName' failed to satisfy constraint: Member \
         must be short enough for a serial number of {LONGEST_SERIAL} characters"
    ))
}

/// As many characters as a serial number in a request may have (AWS: `serialNumberType`).
const LONGEST_SERIAL: usize = 256;
/// The bytes of a seed; in base32 they have 64 characters, as AWS's have.
const SEED_LENGTH: usize = 40;
/// How many time steps the clock of a new device may be off: an hour.
const ENABLE_REACH: i64 = 120;
/// How many time steps the clock of a device may be off that is to be synchronised: a day.
const RESYNC_REACH: i64 = 2880;
