// Calls a running gateway with the client that openapi-generator makes in Go of its document. Each resource goes the way of an
// integration: create, list, try a change, change, remove.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"

	flow "example.com/studio/flow"
)

// What was answered; any error ends the program.
func answered[T any](row T, answer *http.Response, err error) T {
	if err != nil {
		if refused, is := err.(*flow.GenericOpenAPIError); is {
			err = fmt.Errorf("%w: %s", err, refused.Body())
		}
		panic(err)
	}
	return row
}

func same[T comparable](found, wanted T) {
	if found != wanted {
		panic(fmt.Sprintf("%v is not %v", found, wanted))
	}
}

func gone[T any](_ T, answer *http.Response, err error) {
	answered(0, answer, err)
	same(answer.StatusCode, 204)
}

func main() {
	config := flow.NewConfiguration()
	config.Servers = flow.ServerConfigurations{{URL: os.Getenv("MANAGEMENT_URL")}}
	ctx := context.WithValue(context.Background(), flow.ContextAccessToken, os.Getenv("FLOW_SECRET_KEY"))
	client := flow.NewAPIClient(config)
	instructor, room := instructors(ctx, client), places(ctx, client)
	classes(ctx, client, instructor, room)
	sales(ctx, client)
	members(ctx, client)
	content(ctx, client)
	fmt.Println("openapi-generator go: every resource went its way")
}

func instructors(ctx context.Context, client *flow.APIClient) string {
	api := client.InstructorsAPI
	body := *flow.NewInstructorCreate("Rita Sousa")
	tried := answered(api.ManagementCreateInstructor(ctx).InstructorCreate(body).DryRun(true).Execute())
	same(tried.GetDryRun(), true)
	made := answered(api.ManagementCreateInstructor(ctx).InstructorCreate(body).Execute())
	same(made.HasDryRun(), false)
	same(answered(api.ManagementListInstructors(ctx).Id(made.Id).Execute()).Data[0].Id, made.Id)
	change := *flow.NewInstructorChange()
	change.SetBio("Teaches slow mornings.")
	tried = answered(api.ManagementUpdateInstructor(ctx, made.Id).InstructorChange(change).DryRun(true).Execute())
	same(tried.GetBio(), change.GetBio())
	version := fmt.Sprintf(`"%d"`, made.Version)
	changed := answered(api.ManagementUpdateInstructor(ctx, made.Id).InstructorChange(change).IfMatch(version).Execute())
	same(changed.Version, made.Version+1)
	return made.Id
}

func places(ctx context.Context, client *flow.APIClient) string {
	api := client.LocationsAPI
	location := answered(api.ManagementCreateLocation(ctx).LocationCreate(*flow.NewLocationCreate("Annexe")).Execute())
	change := *flow.NewLocationChange()
	change.SetTimeZone("Europe/Lisbon")
	same(answered(api.ManagementUpdateLocation(ctx, location.Id).LocationChange(change).Execute()).GetTimeZone(), "Europe/Lisbon")
	room := answered(api.ManagementCreateRoom(ctx, location.Id).RoomCreate(*flow.NewRoomCreate("Attic")).Execute())
	cellar := answered(api.ManagementCreateRoom(ctx, location.Id).RoomCreate(*flow.NewRoomCreate("Cellar")).Execute())
	same(len(answered(api.ManagementListRooms(ctx, location.Id).Execute()).Data), 2)
	renamed := *flow.NewRoomChange()
	renamed.SetName("Vault")
	same(answered(api.ManagementUpdateRoom(ctx, location.Id, cellar.Id).RoomChange(renamed).Execute()).Name, "Vault")
	same(answered(api.ManagementDeleteRoom(ctx, location.Id, cellar.Id).DryRun(true).Execute()).Result.Get() == nil, true)
	gone(api.ManagementDeleteRoom(ctx, location.Id, cellar.Id).Execute())
	garden := answered(api.ManagementCreateLocation(ctx).LocationCreate(*flow.NewLocationCreate("Garden")).Execute())
	gone(api.ManagementDeleteLocation(ctx, garden.Id).Execute())
	return room.Id
}

func classes(ctx context.Context, client *flow.APIClient, instructor, room string) {
	program := answered(client.ProgramsAPI.ManagementCreateProgram(ctx).ProgramCreate(*flow.NewProgramCreate("Generated")).Execute())
	more := *flow.NewProgramChange()
	more.SetCapacity(20)
	same(answered(client.ProgramsAPI.ManagementUpdateProgram(ctx, program.Id).ProgramChange(more).Execute()).GetCapacity(), int64(20))

	recurrence := *flow.NewRecurrenceCreate()
	recurrence.SetStartsOn("2026-01-05")
	recurrence.SetWeekly([]flow.WeeklySlot{*flow.NewWeeklySlot("tuesday", "05:10")})
	body := *flow.NewClassCreate("Generated", 30, recurrence)
	body.SetRoomId(room)
	body.SetInstructorId(instructor)
	body.SetProgramId(program.Id)
	body.SetPrice(*flow.NewMoney(1800, "EUR"))
	api := client.ClassesAPI
	made := answered(api.ManagementCreateClass(ctx).ClassCreate(body).Execute())
	same(answered(client.ProgramsAPI.ManagementGetProgram(ctx, program.Id).Execute()).Classes[0].Id, made.Id)
	moved := *flow.NewRecurrenceChange()
	moved.SetWeekly([]flow.WeeklySlot{*flow.NewWeeklySlot("friday", "05:10")})
	change := *flow.NewClassChange()
	change.SetRecurrence(moved)
	tried := answered(api.ManagementUpdateClass(ctx, made.Id).ClassChange(change).DryRun(true).Execute())
	changed := answered(api.ManagementUpdateClass(ctx, made.Id).ClassChange(change).Execute())
	same(changed.Effects.Moved, tried.Effects.Moved)
	schedule := answered(client.ScheduleAPI.ManagementListSchedule(ctx).ClassId(made.Id).From("2026-01-01").Execute())
	noted := *flow.NewOccurrenceChange()
	noted.SetNote("Bring a mat.")
	occurrence := answered(client.ScheduleAPI.ManagementRescheduleOccurrence(ctx, schedule.Data[len(schedule.Data)-1].Id).OccurrenceChange(noted).Execute())
	same(occurrence.GetNote(), "Bring a mat.")
	same(answered(api.ManagementCancelClass(ctx, made.Id).Execute()).Status, "cancelled")
}

func sales(ctx context.Context, client *flow.APIClient) {
	api := client.PlansAPI
	plan := answered(api.ManagementCreatePlan(ctx).PlanCreate(*flow.NewPlanCreate("Generated", *flow.NewMoney(5900, "EUR"))).Execute())
	price := *flow.NewMoneyChange()
	price.SetAmount(6100)
	change := *flow.NewPlanChange()
	change.SetPrice(price)
	same(answered(api.ManagementUpdatePlan(ctx, plan.Id).PlanChange(change).Execute()).Price.Amount, int64(6100))
	tried := answered(api.ManagementArchivePlan(ctx, plan.Id).DryRun(true).Execute())
	same(tried.GetResult().Status, "archived")
	same(answered(api.ManagementArchivePlan(ctx, plan.Id).Execute()).Status, "archived")
	off := *flow.NewCouponCreate("GENERATED")
	off.SetPercentOff(10)
	coupon := answered(client.CouponsAPI.ManagementCreateCoupon(ctx).CouponCreate(off).Execute())
	same(len(answered(client.CouponsAPI.ManagementListCoupons(ctx).Id(coupon.Id).Execute()).Data), 1)
	gone(client.CouponsAPI.ManagementDeleteCoupon(ctx, coupon.Id).Execute())
}

func members(ctx context.Context, client *flow.APIClient) {
	api := client.MembersAPI
	member := answered(api.ManagementInviteMember(ctx).MembershipCreate(*flow.NewMembershipCreate("generated@go.example")).Execute())
	change := *flow.NewMembershipChange()
	change.SetFirstName("Ana")
	same(answered(api.ManagementUpdateMember(ctx, member.Id).MembershipChange(change).Execute()).GetFirstName(), "Ana")
	now := *flow.NewCancellation()
	now.SetWhen("now")
	same(answered(api.ManagementCancelMembership(ctx, member.Id).Cancellation(now).Execute()).Status, "cancelled")
}

func content(ctx context.Context, client *flow.APIClient) {
	api := client.ContentAPI
	first := answered(api.ManagementListContent(ctx).Limit(1).Execute()).Data[0]
	change := *flow.NewContentChange()
	change.SetTitle("Generated")
	same(answered(api.ManagementUpdateContent(ctx, first.Id).ContentChange(change).Execute()).Title, "Generated")
	gone(api.ManagementDeleteContent(ctx, first.Id).Execute())
}
